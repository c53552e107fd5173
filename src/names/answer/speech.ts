/**
 * Tells speech from a name: a refusal, a greeting, an answer to the user, or reasoning that no tag marked. A title may
 * begin like a sentence ("I Can't Dance", "The User Interface Redesign"), so small letters decide in English. Elsewhere
 * it takes the words of an apology, or the shape of a sentence.
 */

const opensWith = (list: string, flags = "iu") =>
  new RegExp(
    `^(?:${list
      .trim()
      .split(/\s*\n\s*/)
      .join("|")})`,
    flags,
  );

const SMALL = "(?! [A-Z])";
/** Phrases that nobody would name a session by, with capitals or without. */
const REFUSAL = opensWith(String.raw`
  i (?:can ?not|can['’]?t|could ?n['’]t|won['’]t|will not|do not|don['’]t|am (?:un|not )able to) (?:help|assist|fulfil|comply|provide|generate|access|browse|discuss|create a title|engage|do that|answer|complete)
  (?:sorry|apologies|my apologies|pardon)(?:$|[.!:;—–-]|,? (?:but|i|i['’]m|we|this|that|there|no|for (?:the|any|my) (?!los)|about (?:that|the))(?!\p{L}))
  as an? (?:ai|artificial|large|language)(?:,| (?:i|language|model|assistant|chatbot|system|developed|intelligence)\b)
  (?:unable|not able|impossible|cannot|can['’]?t|could not|failed|error)(?: to)? (?:summari[sz]|comply|fulfil|assist|help|(?:generat|determin|provid|creat|produc|identif|infer|process)\w*(?: \w+){0,3} (?:title|name|topic|summary|response|answer|context|request)\b|access (?:external|the (?:url|link|content)))
  (?:insufficient|not enough|no) (?:context|content|information|conversation|messages?|data|input|details?|text|transcript|chat history|title|name|topic)(?:$|[.,:;!—–-]| (?:for|to|was|is|has|provided|available|given|found|yet)\b)
  (?:request|content|message|response|conversation) (?:declined|denied|blocked|refused|filtered|rejected|flagged)(?:$|[.:;,—–-]| due\b)
  (?:how|what) (?:can|may|could|would|should) (?:i|we) (?:help|assist|do for you|support)(?! a| an)\b
  i (?:must |have to )?(?:refuse|decline)\b|nothing to (?:summari[sz]e|name|title)|content policy violation
  (?:understood|noted|got it)\b[.!]*$
  (?:this|your|the)(?: (?:content|request|message|prompt|conversation))? (?:violates|goes against|was flagged|has been flagged)\b
  (?:hello|hi|hey|greetings|good (?:morning|afternoon|evening))(?: there)?\s*[!,.]+\s*(?:$|(?:how|what|i|i['’]m|thanks?|welcome|nice|please|can|could|you)(?!\p{L}))
  (?:you(?:['’]re| are) (?:welcome|right|correct)|(?:that['’]s|that is|what) an? (?:great|good|excellent|interesting) (?:question|point)|(?:great|good) (?:question|point)\s*[!.,])
  (?:skip|keep|none|n/a)\b\s*[,:;.(—–-]|(?:happy|glad) to help|content policy
  thank(?:s| you) for (?:your|sharing|providing|asking|reaching|contacting|using)\b
`);
/** The same in the first person and as a request, told from titles by the word behind, which is small. */
const SPOKEN = opensWith(
  String.raw`
  (?:[Ii]['’]m|[Ii] am) (?:so|very|really|just|only|not|unable|afraid|sorry|here|happy|glad|your|[a-z]+ing|an? (?:ai|AI|bot|model|assistant|language|large|text)|ChatGPT|Claude|Gemini|Llama)\b
  I (?:can|cannot|can['’]t|could|should|will|won['’]t|do|don['’]t|did|have|had|would|need|must|may|might|am|see|think|understand|noticed?|apologi[sz]e|suggest|want|hope|know|lack|require|prefer|also|just)\b${SMALL}
  I['’](?:ll|d|ve)\s(?![A-Z])|(?:[Uu]nfortunately|[Rr]egrettably|[Ss]adly)\s*,|My name is (?:ChatGPT|Claude)
  [Pp]lease (?:provide|share|paste|send|upload|clarify|specify|confirm|note that|tell|let|give|describe|enter|try again)\b
  (?:[Cc]ould|[Cc]an|[Ww]ould|[Ww]ill|[Dd]o|[Dd]id) you (?:please|like|want|provide|clarify|share|tell|give|specify|describe|explain|confirm|need|mean|have)\b${SMALL}
  (?:[Ww]hat|[Ww]hich|[Hh]ow)(?: \w+){0,3} (?:would|do|can|should|are) you (?:like|want|prefer|using|running|trying)\b
  [Ww]hat is your (?:question|issue)|[Ii]s there anything\b|[Ll]et me (?:know|help|explain)\b
  [Tt]here (?:is|are|was|were) (?:no|not|nothing|insufficient)\b
  (?:[Tt]he|[Nn]o) (?:provided|given) (?:text|messages?|conversation|input)\b${SMALL}
  (?:[Uu]ser|[Hh]uman|[Ss]ystem|[Mm]odel|AI|[Aa]ssistant)\s*[:：]\s+(?:[a-z]|You are\b|Hello\b|Hi\b)
  `,
  "u",
);
/** Other sentences of an answer, which a summary may begin with. */
const SENTENCE = opensWith(
  String.raw`
  (?:[Ww]e|[Yy]ou|[Tt]hey|[Hh]e|[Ss]he) (?:can|could|should|will|do|don['’]t|have|has|would|needs?|must|may|might|are|is|wants?|also|just|seem|asked)\b${SMALL}
  (?:[Ii]t|[Tt]his|[Tt]hat|[Tt]here|[Tt]hese|[Hh]ere)(?:['’]s| (?:is|are|was|were|looks|seems|appears|means|sounds|happens|usually|can be|has been))\b${SMALL}(?=.*\s\p{Ll}{4})
  (?:[Yy]es|[Nn]o),? (?:[a-z]|I\b)|[Tt]he (?:answer|result|solution) (?:is|would be)\b${SMALL}|(?:It|That) depends\b
  [Tt]he (?:issue|problem) (?:is|lies)\b${SMALL}
  (?:[Tt]o|[Ii]f|[Ss]ince|[Ww]hen|[Oo]nce)\b[^,]{3,120}, (?:you|i|we|it|there|this|the|try|use|make|check)\b
  `,
  "u",
);
const TASK =
  "(?:user|conversation|chat|discussion|session|assistant|message|title|name|request|instructions?|language)";
/** What models say of their task before the name; a name may follow on a line of its own. */
const REASONING = opensWith(
  String.raw`
  (?:(?:[Tt]he|[Tt]his|[Oo]ur) ${TASK}|[Uu]ser)(?:['’]s \w+)? (?:is|was|are|has|have|would|should|must)\b${SMALL}
  (?:(?:[Tt]he|[Tt]his|[Oo]ur) ${TASK}|[Uu]ser)(?:['’]s \w+)? (?:wants?|asks?|asked|asking|needs?|said|says?|sent|wrote)\b${SMALL}
  (?:(?:[Tt]he|[Tt]his|[Oo]ur) ${TASK}|[Uu]ser)(?:['’]s \w+)? (?:only|just|does|did|discusses|revolves|contains|covers)\b${SMALL}
  (?:(?:[Tt]he|[Tt]his|[Oo]ur) ${TASK}|[Uu]ser)(?:['’]s \w+)? (?:mentions?|appears?|seems?|greets?|greeted|provided|shares?)\b${SMALL}
  [Ww]e (?:need|have|should|must|are|can|want)\b${SMALL}|I need to\b|[Nn]eed to (?:produce|create|generate|give)\b
  (?:[Ll]et me|[Ll]et['’]?s) (?:think|see|analy[sz]e|look|consider|create|craft|find|summari[sz]e|generate|pick)\b${SMALL}
  (?:[Ff]irst|[Nn]ext|[Ss]o|[Mm]aybe|[Ll]ooking at|[Bb]ased on|[Gg]iven),? (?:I|we|let|the (?:user|conversation|title|chat|messages?))\b${SMALL}
  (?:[Hh]mm+|[Oo]kay|[Oo]k|[Aa]lright|[Ss]o|[Nn]ow|[Ww]ell|[Ww]ait)\s*[,.…]+\s*(?:so|the|let|I|we|this|what|that|user|need)\b
  (?:[Hh]ere['’]?s|[Tt]his is) (?:a |my )?(?:thinking|thought|reasoning) process
  (?:[Tt]hinking|[Tt]hought|[Rr]easoning)(?: [Pp]rocess)?\s*(?:[:：]|\.{2,}|…|$)
  [Aa]nalysis\s*[:：]\s*(?:The|This|User|We|I)\b|[Tt]hought for\b|[Tt]hinking about the
  (?:Step \d\s*[:.]\s*)?(?:Identify|Analy[sz]e|Determine|Understand) the\b
  (?:[Gg]enerate|[Cc]reate|[Ww]rite|[Pp]rovide) (?:\p{L}+ ){0,6}(?:title|name) (?:for|of|based on|that)\b
  (?:好的?[，,]|首先[，,]?)?(?:用户|使用者)(?:想|询问|希望|提出|正在|要求|让我|的问题是)|(?:让我|我需要|我们需要|我应该)(?:想|分析|看|先|生成|为|总)?
  (?:この会話|ユーザー)(?:は|が|の)|(?:사용자(?:가|는)|이 대화는)
  (?:el usuario|o usuário|l['’]utente|l['’]utilisateur|der (?:be)?nutzer|пользователь|Пользователь|El usuario|Der Nutzer|L['’]utilisateur) \p{Ll}
`,
  "u",
);
/** Apologies, inability, offers and greetings elsewhere. */
const ABROAD = opensWith(String.raw`
  lo siento|lamento|lamentablemente|disculp[ae]|(?:yo )?no (?:puedo|tengo)|soy un|como (?:modelo|ia,|asistente)
  por favor,? (?:proporcion|comparte)|desculp|infelizmente|sinto muito|não (?:posso|consigo|tenho|há)|(?:eu )?sou um
  como um
  (?:je suis |toutes mes )?(?:désolée?|excuses)(?!ation)|je (?:ne|n['’]|suis un)|malheureusement|en tant qu['’e]
  veuillez|pardon,|mi dispiace|non (?:posso|ho|sono in)|purtroppo|scusa(?:te|mi)?[, ]|come (?:ia|modello|assistente)
  es tut mir|entschuldig|tut mir leid|leider|ich (?:kann|bin ein(?:e)? (?:ki|sprach|assist)|habe (?:keine|nicht)|darf)
  als (?:ki|ai|sprachmodell|taalmodel)|bitte (?:gib|geben|teil)|het spijt|helaas|sorry,? (?:maar|ik)
  ik (?:kan|ben|heb) (?:geen|niet|je|u|helaas|een)
  jag (?:kan|är|har)|jeg (?:kan|er|har)|tyvärr|förlåt|beklag|desværre|dessverre|undskyld|som (?:en )?(?:ai|språk)
  valitettav|olen (?:pahoill|teko)|en (?:voi|pysty)|anteeksi|przepraszam|przykro mi|niestety|nie (?:mogę|jestem|mam)
  jako (?:ai|model)|omlouv|bohužel|nemohu
  извините|простите|к сожалению|(?:мне )?(?:очень )?жаль|я (?:не |являюсь|языков|виртуал)|не могу
  как (?:ии|языков|искусств)|пожалуйста,|на жаль|вибачте|съжалявам|за съжаление|sajnál|sajnos|nem (?:tudok|áll)
  îmi pare|din păcate|nu pot|üzgünüm|maalesef|özür|bir (?:yapay|dil)|lütfen|λυπάμαι|δυστυχώς|δεν μπορώ|συγγνώμη
  (?:أنا )?(?:آسف|أسف|متأسف)|عذر[اًا]|أعتذر|للأسف|لا (?:أستطيع|يمكنني|أملك)|ليس لدي|بصفتي|كنموذج|مت[أا]سف|ببخشید
  من نمی|نمی\S?توانم|به عنوان یک|סליחה|אני (?:מצטער|לא|מודל)|לצערי|מצטער
  क्षमा|माफ|मुझे (?:खेद|माफ)|खेद है|मैं .{0,40}(?:नहीं|असमर्थ|मॉडल)|দুঃখিত|மன்னிக்க
  (?:tôi )?(?:rất )?(?:xin lỗi|rất tiếc|không thể)|tôi (?:không|là)|maaf|mohon maaf|saya (?:tidak|adalah)
  sebagai (?:ai|model)|ขออภัย|ขอโทษ|เสียใจด้วย|(?:ฉัน|ผม|ดิฉัน)(?:ไม่|เป็น)|ในฐานะ|สวัสดี(?:ครับ|ค่ะ)
  (?:[很非]?常?(?:抱歉|对不起|對不起|遗憾)|不好意思)(?!信|书|的)|(?:本人|我)(?:[无無]法|不能|[没沒]有|没办法|是(?:一个)?(?:AI|人工|语言|大))
  作[为為](?:一个|一個)?(?:AI|人工|语言|大|智能)|[无無]法(?:生成|提供|确定|总结|命名|回答|协助|帮助|完成)|没有(?:足够|提供|对话|内容)|[请請][您你]?(?:提供|告诉|说明|输入|描述)
  [您你]好[!！，,]
  申し訳|すみません|ごめんなさい|恐れ入ります|残念ながら|お手伝い|AIとして|私は.{0,20}(?:できません|AI)|こんにちは[!！]|죄송|미안(?:합|하지)|유감|안타깝|저는 .{0,20}(?:없|모델|AI)
  안녕하세요[!,]
`);
const QUESTION = opensWith(String.raw`
  (?:how|what|why|when|where|who|whose|which|whether|is|are|can|should|does|do|will|qué|cómo|comment|pourquoi|was|wie|warum|o que|como|come|perché|wat|hoe|что|как|почему|jak|dlaczego|vad|hur|nasıl)(?!\p{L})
  ¿|什么|什麼|如何|为什么|為什麼|怎么|怎麼|怎样|何|なぜ|どう
`);
const STOP = /[.!?।؟;;。！？]["”»)]*$/u;
/** Between a whole word with its stop and the next sentence; "Dr. No" and "Yahoo! Mail" are none. */
const SENTENCE_END =
  /(?<=[\p{L}\p{M}]{2}\s?[!?！？。]|\p{Ll}{3}\.|[다요오]\.)\s+(?=[\p{Lu}\p{Lo}¿¡])|(?<=[！？。])(?=\p{L})/u;
const POLITE =
  /(?:です|ます|ました|ません|でした|でしょう|ください|ですか|ますか)(?:ね|よ|か)?[。！？!?]*$|(?:니다|니까|까요|세요|해요|예요|이에요|어요|아요|네요|줘요)[.!?。]*$/u;
const SAID_IN_CHINESE = /(?:是|可以|需要|应该|[您你](?!好)).*[。！]$/u;
/** A finite verb, or a pronoun that is only said to somebody. */
const FINITE =
  /(?<![\p{L}'’])(?:is|are|was|were|can|cannot|could|will|would|should|has|have|had|does|must|means|you|es|son|está|puedes?|debes?|tienes?|est|sont|peut|peux|pouvez|vous|ist|sind|können|kannst|müssen|sollten|haben|wird|é|são|pode|você|è|sono|puoi|può|zijn|kunt|moet|jest|są|można|это|можно|нужно|вы|är|måste|adalah|là|है|हैं|هو|هي|يمكنك)(?![\p{L}'’])/u;
/** A title in English has its verb in capitals: a small one is that of a sentence. */
const TITLE_CASE = / (?:Is|Are|Was|Were|Can|Will|Has|Have|Does|You) /;
const COPULA = /(?<!\b(?:that|who|which|what|why|how|where|when|if|as)) (?:is|are|was|were) /;
const IMPERATIVE =
  /^(?:Try|Make sure|Check|Use|Run|Install|Open|Click|Add|Remove|Set|Ensure|Consider|Follow|Just) [a-z].*[.!]$/;
/** Words that titles leave small. */
const SMALL_WORD =
  /^(?:with|from|into|over|under|your|than|that|this|about|between|without|after|before|during|through|upon|when|while|versus)$/;
const MIN_SENTENCE_WORDS = 6;

/** What a line turned out to be: after reasoning a name may still come, after an answer none does. */
export type Speech = "answer" | "reasoning" | "none";

/** What the line is when a model was asked for a name. */
export function speechIn(line: string): Speech {
  if (REASONING.test(line)) return "reasoning";
  return isRefusal(line) || isAnswer(line) ? "answer" : "none";
}

/** Whether the line opens as a refusal, an apology, a greeting or an offer does. */
export function isRefusal(line: string): boolean {
  return REFUSAL.test(line) || SPOKEN.test(line) || ABROAD.test(line);
}

/** Whether the line is said to somebody: several sentences, or one with its verb and its stop. */
function isAnswer(line: string): boolean {
  if (SENTENCE.test(line)) return true;
  const sentences = line.split(SENTENCE_END);
  if (sentences.length > 1 && STOP.test(line)) return true;
  if (POLITE.test(line) && !QUESTION.test(line)) return true;
  if (QUESTION.test(line)) return false;
  if (SAID_IN_CHINESE.test(line)) return true;
  const isLong = line.split(/\s+/).length >= MIN_SENTENCE_WORDS;
  const isStopped = STOP.test(line);
  if (isLong && isStopped && FINITE.test(line) && (isSentenceCase(line) || !TITLE_CASE.test(line))) return true;
  if (!isSentenceCase(line)) return false;
  if (IMPERATIVE.test(line)) return true;
  return /^(?:the|a|an|my|your|our)\s/i.test(line) && COPULA.test(line) && (isLong || isStopped) && !/[:：]/.test(line);
}

/** Whether a word that a title would capitalise is small; true for scripts without capitals. */
function isSentenceCase(line: string): boolean {
  const weighty = line
    .split(/\s+/)
    .slice(1)
    .filter((word) => word.length >= 4 && !SMALL_WORD.test(word));
  return weighty.some((word) => /^[\p{Ll}\p{Lo}]/u.test(word));
}
