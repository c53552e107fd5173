/**
 * Tells that a model refused, apologised, greeted or asked back instead of doing what it was asked. A text is told by
 * how it opens: a title may hold such words later on ("How to Say Sorry"), and a summary may tell of an apology.
 */

import { anyLineOf, uncapitalized } from "../lib/text.ts";

const UNABLE = "(?:unable|not able|impossible|cannot|can['’]?t|could not|failed|error)(?: to)?";
const ASKED = "(?:content|request|message|prompt|response|conversation)";
const NEEDED =
  "(?:context|content|information|conversation|messages?|data|input|details?|text|transcript|history|title|name|topic)";
const GREETING = String.raw`(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening))(?: there)?\s*[!,.]+\s*`;
/** In English, with capitals or without: nobody would name a session so. */
const ENGLISH = new RegExp(
  `^${anyLineOf`
    i (?:can ?not|can['’]?t|won['’]t|am (?:un|not )able to) (?:help|assist|fulfil|comply|provide|generate|access|create)
    i (?:do not|don['’]t) (?:help|assist|provide|discuss|answer)|i apologi[sz]e|i (?:must )?(?:refuse|decline)\b
    i(?:['’]m| am) (?:(?:so |very |really )?sorry|afraid|an? (?:ai|language|large)\b|chatgpt|claude)
    (?:sorry|pardon|(?:my )?apologies)(?:$|[.!:;—–-]|,? (?:but|i|we|this|that|there|no|about (?:that|the))(?!\p{L}))
    (?:unfortunately|regrettably|sadly),|my name is (?:chatgpt|claude)
    as an? (?:ai|artificial|large|language)(?:,| (?:i|language|model|assistant|chatbot|system|developed)\b)
    ${UNABLE} (?:summari[sz]|comply|fulfil|assist|help|access (?:external|the (?:url|link|content)))
    ${UNABLE} \w+(?: \w+){0,3} (?:title|name|topic|summary|response|answer|context|request)\b
    (?:insufficient|not enough|no)(?: clear| chat)? ${NEEDED}(?:$|[.,:;!—–-])
    (?:insufficient|not enough|no)(?: clear| chat)? ${NEEDED} (?:for|to|was|is|has|provided|available|given|found|yet)\b
    nothing to (?:summari[sz]e|name|title)|content policy|got it[.!]*$|(?:skip|keep|none|n/a)\s*[,:;.(—–-]
    ${ASKED} (?:declined|denied|blocked|refused|filtered|rejected|flagged)(?:$|[.:;,—–-])
    (?:this|your|the)(?: ${ASKED})? (?:violates|goes against|was flagged|has been flagged)\b
    (?:how|what) (?:can|may|could|would|should) (?:i|we) (?:help|assist|do for you)(?! an?\b)|what is your question
    ${GREETING}(?:$|(?:how|what|i|i['’]m|thanks?|welcome|nice|please|can|could|you)(?!\p{L}))
    you(?:['’]re| are) (?:welcome|right|correct)\b(?:\s*[!.,]|$)|(?:happy|glad) to help|(?:understood|noted)[.!]*$
    (?:that['’]s an? )?(?:great|good|excellent|interesting) (?:question|point)\b(?:\s*[!.,]|$)
    thank(?:s| you) for (?:your|sharing|providing|asking|reaching|contacting|using)\b
  `}`,
  "iu",
);
/** In English, in the first person or as a request. Small letters tell these from titles: "I Can't Dance" is one. */
const SPOKEN = new RegExp(
  `^${anyLineOf`
    i(?:['’]\w+| am)? (?:[a-z]+(?: [a-z]|['’])|suggest|would|propose)|please [a-z]|let me (?:know|help|explain)\b
    (?:could|can|would|do|did) you [a-z]|(?:what|which|how)(?: \w+){0,3} (?:would|do|can|should|are) you [a-z]
    is there anything\b|there (?:is|are|was|were) (?:no|not|nothing|insufficient)\b
    (?:user|human|system|aI|assistant)\s*[:：] (?:[a-z]|You\b|Hello\b)
    (?:the|no) (?:provided|given) (?:text|messages?|conversation|input)\b(?! [A-Z])
  `}`,
  "u",
);
/** Words of an apology, an inability or an offer in other languages. A title that opens with one is lost. */
const ABROAD = new RegExp(
  `(?<![\\p{L}\\p{M}])${anyLineOf`
    lo siento|lamento|lamentablemente|disculp\p{L}+|no (?:puedo|tengo)|soy una?|como (?:modelo|ia)|por favor
    infelizmente|desculp[ae]?|sinto muito|não (?:posso|consigo|tenho|há)|sou uma?
    désolée?s?|je (?:suis|ne|peux)|je n|malheureusement|en tant qu|veuillez
    mi (?:di)?spiace|non (?:posso|ho)|purtroppo|per favore
    tut mir leid|entschuldig\p{L}+|leider|ich (?:kann|habe|darf|bin ein(?:e)? (?:ki|sprach|assist)\p{L}*)
    als (?:ki|ai|sprachmodell)|bitte (?:gib|geben|teil)|het spijt|helaas|ik (?:kan|ben|heb)
    jag (?:kan|är|har)|jeg (?:kan|er|har)|tyvärr|förlåt|beklager?|desværre|dessverre|undskyld
    valitettav\p{L}+|olen pahoill\p{L}+|en (?:voi|pysty)|anteeksi
    przepraszam|przykro mi|niestety|nie (?:mogę|jestem|mam)|omlouv\p{L}+|bohužel|nemohu|sajnál\p{L}+|sajnos
    извините|простите|к сожалению|жаль|я не|не (?:могу|можу)|пожалуйста|вибачте|съжалявам|за съжаление
    îmi pare|din păcate|nu pot|üzgünüm|maalesef|özür|λυπάμαι|δυστυχώς|δεν μπορώ|συγγνώμη
    آسف|م[تأا]سف\p{L}*|عذر[اًا]+|أعتذر|للأسف|لا (?:أستطيع|يمكنني|أملك)|ليس لدي
    ببخشید|نمی\S?توانم|סליחה|מצטער|אני לא|לצערי
    क्षमा|माफ\u093c?|खेद|असमर्थ|দুঃখিত|மன்னிக்க\p{L}*|xin lỗi|rất tiếc|không thể|maaf|saya (?:tidak|adalah)
  `}(?![\\p{L}\\p{M}])|${anyLineOf`
    ขออภัย|ขอโทษ|เสียใจด้วย|(?:ฉัน|ผม|ดิฉัน)(?:ไม่|เป็น)|^สวัสดี(?:ครับ|ค่ะ)
    (?:抱歉|对不起|對不起|遗憾)(?!信|书|的)|不好意思|我(?:[无無]法|不能|[没沒]有|是(?:一个)?(?:AI|人工|语言|大))
    ^作[为為](?:一个|一個)?(?:AI|人工|语言|大)|^[无無]法(?:生成|提供|确定|总结|命名|回答|协助|帮助|完成)
    没有(?:足够|提供|对话|内容)|^[请請][您你]?(?:提供|告诉|说明|输入|描述)|^[您你]好[!！，,]
    申し訳|すみません|ごめんなさい|恐れ入ります|残念ながら|お手伝い|AIとして|^こんにちは[!！]
    죄송|미안(?:합|하지)|유감|안타깝|^안녕하세요[!,]
  `}`,
  "iu",
);
/** So much of a text is its opening, in languages whose words are no certain sign alone. */
const OPENING_UNITS = 30;

/** Whether the text opens as a refusal, an apology or a greeting does. */
export const isRefusal = (text: string): boolean =>
  ENGLISH.test(text) || SPOKEN.test(uncapitalized(text)) || ABROAD.test(text.slice(0, OPENING_UNITS));
