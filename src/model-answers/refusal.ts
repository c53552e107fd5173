/**
 * Tells that a model refused, apologised, greeted or asked back instead of doing what it was asked. A text is told by how it
 * opens, so that a title may hold such words later on ("How to Say Sorry"), and a summary may tell of an apology.
 */

import { anyLineOf } from "../lib/text.ts";

/** How refusals, greetings and offers begin that nobody would name a session by, with capitals or without. */
const REFUSAL = new RegExp(
  `^${anyLineOf(String.raw`
  i (?:can ?not|can['’]?t|won['’]t|do not|don['’]t|am (?:un|not )able to) (?:help|assist|fulfil|comply|provide|generate|access|create|discuss|answer)
  i(?:['’]m| am) (?:(?:so |very |really )?sorry|afraid|an? (?:ai|language|large)\b|chatgpt|claude)|i (?:apologi[sz]e|(?:must |have to )?(?:refuse|decline)\b)
  (?:sorry|apologies|my apologies|pardon)(?:$|[.!:;—–-]|,? (?:but|i|i['’]m|we|this|that|there|no|for (?:the|any) (?!los)|about (?:that|the))(?!\p{L}))
  (?:unfortunately|regrettably|sadly),|as an? (?:ai|artificial|large|language)(?:,| (?:i|language|model|assistant|chatbot|system|developed)\b)
  (?:unable|not able|impossible|cannot|can['’]?t|could not|failed|error)(?: to)? (?:summari[sz]|comply|fulfil|assist|help|\w+(?: \w+){0,3} (?:title|name|topic|summary|response|answer|context|request)\b|access (?:external|the (?:url|link|content)))
  (?:insufficient|not enough|no)(?: clear)? (?:context|content|information|conversation|messages?|data|input|details?|text|transcript|chat history|title|name|topic)(?:$|[.,:;!—–-]| (?:for|to|was|is|has|provided|available|given|found|yet)\b)
  (?:request|content|message|response|conversation) (?:declined|denied|blocked|refused|filtered|rejected|flagged)(?:$|[.:;,—–-])|content policy
  (?:this|your|the)(?: (?:content|request|message|prompt|conversation))? (?:violates|goes against|was flagged|has been flagged)\b|nothing to (?:summari[sz]e|name|title)
  (?:how|what) (?:can|may|could|would|should) (?:i|we) (?:help|assist|do for you)(?! a| an)\b|what is your question|(?:happy|glad) to help|my name is (?:chatgpt|claude)
  (?:hello|hi|hey|greetings|good (?:morning|afternoon|evening))(?: there)?\s*[!,.]+\s*(?:$|(?:how|what|i|i['’]m|thanks?|welcome|nice|please|can|could|you)(?!\p{L}))
  (?:you(?:['’]re| are) (?:welcome|right|correct)|(?:that['’]s an? )?(?:great|good|excellent|interesting) (?:question|point))\b(?:\s*[!.,]|$)
  (?:understood|noted|got it)[.!]*$|(?:skip|keep|none|n/a)\s*[,:;.(—–-]|thank(?:s| you) for (?:your|sharing|providing|asking|reaching|contacting|using)\b
`)}`,
  "iu",
);
/** Words of an apology, an inability or an offer in other languages. A title with one of them is lost, which costs little. */
const ABROAD = new RegExp(
  `(?<![\\p{L}\\p{M}])${anyLineOf(String.raw`
  lo siento|lamento|lamentablemente|disculp\p{L}+|no (?:puedo|tengo)|soy un|como (?:modelo|ia)|por favor|infelizmente|desculpe?|sinto muito
  não (?:posso|consigo|tenho|há)|sou um|désolée?s?|je (?:suis|ne|peux)|je n|malheureusement|en tant qu|veuillez|mi dispiace|non (?:posso|ho)|purtroppo
  tut mir leid|entschuldig\p{L}+|leider|ich (?:kann|habe|darf|bin ein(?:e)? (?:ki|sprach|assist)\p{L}*)|als (?:ki|ai|sprachmodell)|bitte (?:gib|geben|teil)
  het spijt|helaas|ik (?:kan|ben|heb)|jag (?:kan|är|har)|jeg (?:kan|er|har)|tyvärr|förlåt|beklager?|desværre|dessverre|undskyld|valitettav\p{L}+
  olen pahoill\p{L}+|en (?:voi|pysty)|anteeksi|przepraszam|przykro mi|niestety|nie (?:mogę|jestem|mam)|omlouv\p{L}+|bohužel|nemohu|sajnál\p{L}+|sajnos
  извините|простите|к сожалению|жаль|я не|не (?:могу|можу)|пожалуйста|вибачте|съжалявам|за съжаление|îmi pare|din păcate|nu pot|üzgünüm|maalesef|özür
  λυπάμαι|δυστυχώς|δεν μπορώ|συγγνώμη|آسف|م[تأا]سف\p{L}*|عذر[اًا]+|أعتذر|للأسف|لا (?:أستطيع|يمكنني|أملك)|ليس لدي|ببخشید|نمی\S?توانم|סליחה|מצטער|אני לא|לצערי
  क्षमा|माफ|खेद|असमर्थ|দুঃখিত|மன்னிக்க\p{L}*|xin lỗi|rất tiếc|không thể|maaf|saya (?:tidak|adalah)
`)}(?![\\p{L}\\p{M}])|${anyLineOf(`
  ขออภัย|ขอโทษ|เสียใจด้วย|(?:ฉัน|ผม|ดิฉัน)(?:ไม่|เป็น)|^สวัสดี(?:ครับ|ค่ะ)|(?:抱歉|对不起|對不起|遗憾)(?!信|书|的)|不好意思|我(?:[无無]法|不能|[没沒]有|是(?:一个)?(?:AI|人工|语言|大))
  ^作[为為](?:一个|一個)?(?:AI|人工|语言|大)|^[无無]法(?:生成|提供|确定|总结|命名|回答|协助|帮助|完成)|没有(?:足够|提供|对话|内容)|^[请請][您你]?(?:提供|告诉|说明|输入|描述)
  申し訳|すみません|ごめんなさい|恐れ入ります|残念ながら|お手伝い|AIとして|죄송|미안(?:합|하지)|유감|안타깝|^[您你]好[!！，,]|^こんにちは[!！]|^안녕하세요[!,]
`)}`,
  "iu",
);
/** So much of a text is its opening. */
const OPENING_UNITS = 30;
/** The same in the first person and as a request, told from titles by small letters. */
const SPOKEN = new RegExp(
  anyLineOf(String.raw`
  ^I(?:['’]\w+| am)? (?:[a-z]+(?: [a-z]|['’])|suggest|would|propose)|^[Pp]lease [a-z]|^[Ll]et me (?:know|help|explain)\b
  ^(?:[Cc]ould|[Cc]an|[Ww]ould|[Dd]o|[Dd]id) you [a-z]|^[Ii]s there anything\b|^[Tt]here (?:is|are|was|were) (?:no|not|nothing|insufficient)\b
  ^(?:[Uu]ser|[Hh]uman|[Ss]ystem|AI|[Aa]ssistant)\s*[:：] (?:[a-z]|You\b|Hello\b)|^(?:[Ww]hat|[Ww]hich|[Hh]ow)(?: \w+){0,3} (?:would|do|can|should|are) you [a-z]
  ^(?:[Tt]he|[Nn]o) (?:provided|given) (?:text|messages?|conversation|input)\b(?! [A-Z])
`),
  "u",
);
/** Whether the text opens as a refusal, an apology or a greeting does. A summary may hold such words later on. */
export const isRefusal = (text: string): boolean => isRefusing(text) || SPOKEN.test(text);

/** The same if a sentence in the first person may still say the name: `I suggest "…"`. */
export const isRefusing = (text: string): boolean => REFUSAL.test(text) || ABROAD.test(text.slice(0, OPENING_UNITS));
