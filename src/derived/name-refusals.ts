/** How models refuse, apologise, greet and offer help, by language. Matched at the start of a line. */

/**
 * English tells a sentence from a title by its small letters: "I can't access" refuses, "I Can't Dance" is a song. So
 * these look at case, apart from phrases that nobody would name a session by.
 */
const ENGLISH = [
  /^(?:[Ii]['’]m|[Ii] am) (?:so |very |really |terribly |truly |just |only |still |currently |not |unable|afraid|sorry|here |happy|ready|glad|your|designed|[a-z]+ing\b|an? (?:ai|AI|large|language|chat|text|virtual|helpful|digital|computer|machine|model|assistant|bot)\b)/,
  /^i (?:can ?not|can['’]?t|could ?n['’]?[o]?t|won['’]t|will not|do not|don['’]t|am unable to|['’]?m unable to|am not able to) (?:help|assist|fulfil|comply|provide|generate|create a title|access external|browse|discuss|engage|do that|answer|complete that)/i,
  /^I (?:can|cannot|could|couldn['’]t|will|won['’]t|do|don['’]t|did|didn['’]t|have|haven['’]t|would|wouldn['’]t|need|must|should|may|might|apologi[sz]e|understand|see|think|believe|notice|noticed|appreciate|only|was|want|hope|suggest|recommend|lack|require|strive|aim|prefer|know|feel|guess|assume|see|was|can['’]?t|['’]?ll)\b(?! [A-Z])/,
  /^I['’](?:ll|d|ve)\s(?![A-Z])/,
  /^(?:sorry|apologies|my apologies|pardon)\b(?:$|[.!:;—–-]|,? (?:but|i|i['’]m|we|this|that|there|no|can['’]?t|cannot|for (?:the|any|my)\b|about (?:that|the|this)\b)(?![\p{L}]))/iu,
  /^(?:[Uu]nfortunately|[Rr]egrettably|[Ss]adly)\s*,\s*(?:I\b|[a-z])/,
  /^as an? (?:ai|artificial intelligence|large language|language)(?:\s*,| (?:i|language|model|assistant|chatbot|system)\b)/i,
  /^(?:unable|not able|impossible|cannot|can['’]?t|could not|couldn['’]t|failed)(?: to)? (?:summari[sz]e|comply|fulfil|(?:assist|help)(?: with| you|[.!]|$)|access (?:external|the (?:url|link|content)))/i,
  /^(?:unable|not able|impossible|cannot|can['’]?t|could not|couldn['’]t|failed|error)(?: to)? (?:generat|determin|provid|creat|produc|identif|infer|process)\w*(?: \w+){0,3} (?:title|name|topic|summary|response|answer|context|assistance|request)\b/i,
  /^(?:insufficient|not enough|no) (?:context|content|information|conversation|messages?|data|input|details?|text|transcript|chat history|title|name|topic|subject)(?:$|[.,:;!—–-]| for (?:a )?(?:title|name)\b| to (?:generate|create|determine|title|name|summari[sz]e)\b| (?:was|is|has|provided|available|given|found|yet|specified|generated|could|can)\b)/i,
  /^[Tt]here (?:is|are|was|were)(?:n['’]t)? (?:no|not|nothing|insufficient|any)\b|^[Tt]here['’]s (?:no|not|nothing)\b(?! [A-Z])/,
  /^(?:[Tt]his|[Tt]he|[Yy]our) (?:request|content|message|question|query|topic|conversation) (?:violates|goes against|is not|isn['’]t|cannot|can['’]t|was (?:blocked|declined|flagged)|may violate|appears to violate)\b/,
  /^(?:request|content|message|response|conversation) (?:declined|denied|blocked|refused|filtered|rejected|flagged)(?:$|[.:;,—–-]| due\b| because\b)/i,
  /^[Pp]lease (?:provide|share|paste|send|upload|clarify|specify|supply|elaborate|confirm|(?:tell|let|give) me|describe (?:the|your|what)|explain (?:what|your)|note that|feel free|try again|enter (?:the|your|a))\b/,
  /^(?:[Cc]ould|[Cc]an|[Ww]ould|[Ww]ill|[Dd]o|[Dd]id|[Mm]ay|[Mm]ight) you (?:please|like|want|provide|clarify|share|tell|give|specify|describe|let|explain|confirm|elaborate|paste|upload|send|need|mean|have)\b/,
  /^(?:how|what) (?:can|may|could|would|should) (?:i|we) (?:(?:help|assist|support)(?: you| with|[?.!]|$)|do for you|call you)/i,
  /^(?:[Ww]hat|[Ww]hich|[Hh]ow) (?:would|do|can|should) you (?:like|want|prefer|need)\b/,
  /^[Ii]s there anything\b|^[Mm]ay I (?:help|assist|suggest|ask)\b|^[Cc]an I (?:help|assist)\b|^[Ll]et me (?:know|help|explain|check)\b/,
  /^user\s*[:：]\s/i,
  /^(?:hello|hi|hey|greetings|welcome|good (?:morning|afternoon|evening))(?: there| again)?\s*[!,.—–-]+\s*(?:$|how\b|what\b|i\b|i['’]|thanks\b|thank\b|welcome\b|let\b|nice\b|it['’]s\b|please\b|can\b|could\b|you\b|we\b|great\b|is\b|my name\b|of course\b|sure\b)/i,
  /^(?:[Tt]hank you|[Tt]hanks)(?: so much| very much)? for (?:your|the|sharing|providing|asking|reaching|letting|contacting|using|this)\b(?! [A-Z])/,
  /^(?:you['’]re|you are) (?:welcome|right|absolutely|asking|correct)\b/i,
  /^(?:that['’]s|that is|what) (?:a |an )?(?:great|good|excellent|interesting|wonderful|fantastic) (?:question|idea|choice|point)\b/i,
  /^(?:great|good|excellent|interesting) (?:question|point)\s*[!.,]/i,
  /^(?:SKIP|KEEP|NONE|N\/A)\b\s*[-,:;.(—–]/,
];

const OTHERS: RegExp[] = [
  // Spanish, Portuguese, Italian, Catalan, Romanian
  /^(?:lo siento|lo lamento|lamento|lamentablemente|desafortunadamente|disculpa|disculpe|perdona|perdón)\s*(?:[,.;!:]|pero\b|no\b|$)/iu,
  /^(?:no puedo|no me es posible|no es posible|no soy capaz de|no tengo)\s+(?:ayudar|acceder a (?!mi)|proporcionar|generar|crear|cumplir|navegar|asistir|responder|procesar|ofrecer|hacer|acceso|información|suficiente|la capacidad|contexto)/iu,
  /^como (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente(?: de ia)?|modelo)\s*[,]|^(?:soy|no soy) una? (?:ia|inteligencia|modelo|asistente)/iu,
  /^(?:por favor,? (?:proporciona|comparte|indica|envía|escribe|dime)|¿(?:en qué|cómo|qué) (?:puedo|te gustaría|podría)|¡?hola[!,]|gracias por\b)/iu,
  /^(?:desculpe|desculpa|sinto muito|lamento|infelizmente|me desculpe|peço desculpas?)\s*(?:[,.;!:]|mas\b|não\b|$)/iu,
  /^(?:eu )?(?:não posso|não consigo|não tenho)\s+(?:ajudar|acessar (?!m)|aceder|fornecer|gerar|criar|cumprir|navegar|responder|processar|fazer|acesso|informaç|contexto)/iu,
  /^como (?:uma? )?(?:ia|inteligência artificial|modelo de linguagem|assistente)\s*[,]|^(?:por favor,? (?:forneça|compartilhe|envie|informe)|como posso (?:ajud|te ajud)|em que posso|olá[!,]|obrigad[oa] por\b)/iu,
  /^(?:mi dispiace|mi spiace|spiacente|scusa|scusami|scusate|purtroppo|sono spiacente)\s*(?:[,.;!:]|ma\b|non\b|$)/iu,
  /^(?:non (?:posso|sono in grado|riesco a)\s+(?:aiut|acced|forn|gener|crea|naviga|rispond|elabora|fare|di)|(?:in quanto|come) (?:ia|intelligenza|modello|assistente)|(?:per favore|si prega di),? forni|come posso aiut|in cosa posso|ciao[!,]|grazie per\b)/iu,
  /^(?:îmi pare rău|ne pare rău|din păcate|nu pot (?:ajuta|accesa|genera|oferi)|ca (?:un )?(?:model|asistent)|ho sento|no puc (?:ajudar|accedir))/iu,
  // French
  /^(?:je (?:suis|me) (?:désolée?|navrée?|vraiment désolée?|un|une|incapable|excuse)|désolée?\s*[,.!:]|désolée?,? (?:mais|je)|toutes mes excuses|malheureusement|hélas)/iu,
  /^je (?:ne (?:peux|suis|dispose|sais|pourrai|vois|comprends|possède|parviens)|n['’]ai (?:pas|aucun))/iu,
  /^(?:en tant qu['’e]\s*(?:ia|intelligence|assistant|modèle|un)|veuillez (?:fournir|préciser|indiquer|partager)|(?:pouvez|pourriez|peux|pourrais)-(?:vous|tu) (?:me |préciser|fournir|partager)|comment puis-je|bonjour\s*[!,]|merci (?:pour|de) (?:votre|ton|m))/iu,
  // German, Dutch, Swedish, Danish, Norwegian
  /^(?:es )?tut mir (?:sehr )?leid|^(?:entschuldigung|entschuldige)\s*[,.!]|^sorry,? (?:aber|ich|das)\b|^leider (?:kann|habe|ist|bin|darf|gibt|liegen|fehlen|konnte)/iu,
  /^ich (?:kann|konnte|darf|werde|habe|bin (?:ein|eine|nicht|leider|nur)|verstehe|brauche|benötige) (?:(?:dir|ihnen|euch|dabei|das|diese|leider|nicht|keine?|dazu|auf|nur)\s|ein|sprach|ki)/iu,
  /^(?:als (?:ki|künstliche|sprachmodell|ai|ki-)|bitte (?:gib|geben|teile|teilen|stelle|stellen|beschreib|nenne|nennen|sende)|(?:könnten sie|kannst du|können sie) (?:mir |bitte )|wie kann ich (?:ihnen|dir|helfen)|hallo[!,]|vielen dank für\b|danke für (?:ihre|deine))/iu,
  /^(?:het spijt me|sorry,? (?:maar|ik|dat)\b|helaas (?:kan|heb|is|ben)|ik (?:kan|ben|heb) (?:geen|niet|je|u|helaas|een)|als (?:ai|taalmodel|een)|(?:kun je|kunt u) (?:me|mij|alsjeblieft)|waarmee kan ik|hoe kan ik (?:je|u) help|geef alstublieft)/iu,
  /^(?:jag (?:kan (?:inte|tyvärr)|är (?:ledsen|en)|har (?:inte|ingen))|tyvärr|förlåt[,.!]|som en? (?:ai|språkmodell)|jeg (?:kan (?:ikke|desværre|dessverre)|er (?:ked|lei|en)|beklager)|beklager|desværre|dessverre|undskyld[,.!])/iu,
  // Russian, Ukrainian, Polish, Czech, Bulgarian
  /^(?:извините|простите|прошу прощения|приношу извинения)(?:[,.!:]|\s+(?:но|за|я)(?!\p{L})|$)|^(?:к сожалению|мне (?:очень )?жаль)/iu,
  /^я (?:не (?:могу|умею|имею|в состоянии|способен|вижу)|всего лишь|являюсь|языковая|искусственный|виртуальный|готов|ии)(?!\p{L})|^(?:как|будучи) (?:ии|искусственный|языковая модель|языковой)/iu,
  /^(?:пожалуйста,? (?:предоставьте|уточните|укажите|опишите|пришлите|напишите)|чем (?:я )?могу (?:вам |тебе )?помочь|как я могу помочь|(?:здравствуйте|привет)\s*[!,]|спасибо за (?:ваш|вопрос|сообщ)|не могу (?:помочь|предоставить|создать|сгенерировать|получить доступ к внешн|выполнить|ответить))/iu,
  /^(?:на жаль|вибачте|перепрошую|мені шкода|я не (?:можу|маю)|як (?:ші|мовна модель)|будь ласка,? (?:надайте|уточніть)|съжалявам|за съжаление|не мога да)/iu,
  /^(?:przepraszam[,.!]|przykro mi|niestety|nie (?:mogę|jestem w stanie|mam dostępu)|jako (?:ai|model|sztuczna|asystent)|proszę (?:podać|podaj|o podanie)|w czym mogę|omlouvám se|bohužel|je mi líto|nemohu|nemám přístup|jako (?:ai|jazykový))/iu,
  // Turkish, Finnish, Hungarian, Greek
  /^(?:üzgünüm|maalesef|özür dilerim|kusura bakma|bir (?:yapay zeka|dil modeli)|lütfen (?:sağla|belirt|paylaş)|size nasıl yardımcı|nasıl yardımcı|merhaba[!,])/iu,
  /^(?:valitettavasti|olen pahoillani|en (?:voi|pysty)|anteeksi[,.!]|sajnálom|sajnos|elnézést|nem (?:tudok|tudom|áll)|mint (?:ai|nyelvi)|λυπάμαι|δυστυχώς|δεν μπορώ|συγγνώμη[,.!]|ως (?:ai|γλωσσικό))/iu,
  // Arabic, Persian, Hebrew
  /^(?:(?:أنا )?(?:آسف|أسف|متأسف)(?:[،,.]| (?:لا|لكن|ولكن|على|جدا|جدًا))|أنا (?:آسف|أسف|متأسف)|عذر[اًا]+|أعتذر|للأسف|لا (?:أستطيع|يمكنني|أملك)|ليس لدي|بصفتي|كنموذج|كيف يمكنني|يرجى (?:تقديم|توفير|تزويد)|مرحب[اًا]+\s*[!،,])/u,
  /^(?:متأسفم|متاسفم|متأسفانه|متاسفانه|ببخشید|من نمی|نمی[\u200c\s]?توانم|به عنوان یک|لطفاً? (?:ارائه|مشخص)|چگونه می|סליחה[,.!]|אני (?:מצטער|לא (?:יכול|מסוגל)|מודל)|לצערי|מצטער|כמודל|איך אוכל|במה אוכל)/u,
  // Hindi, Bengali, Tamil
  /^(?:क्षमा करें|माफ़? ?(?:करें|कीजिए)|मुझे (?:खेद|माफ|अफ़?सोस)|मैं .{0,40}(?:नहीं .{0,10}सक|असमर्थ|मॉडल)|खेद है|एक (?:एआई|AI|भाषा मॉडल)|कृपया .{0,30}(?:दें|करें|बताएं|बताएँ)|दुर्भाग्य|দুঃখিত|আমি .{0,30}(?:পারি না|পারছি না|মডেল)|மன்னிக்கவும்)/u,
  // Vietnamese, Indonesian, Thai
  /^(?:xin lỗi[,.!]|(?:tôi )?(?:rất )?xin lỗi,? (?:nhưng|tôi)|rất tiếc|tôi (?:không thể|là|không có|rất tiếc|xin lỗi)|là một (?:ai|mô hình|trợ lý)|vui lòng (?:cung cấp|cho)|tôi có thể giúp|xin chào[!,])/iu,
  /^(?:maaf[,.!]|maaf (?:saya|tetapi|tapi)|mohon maaf|saya (?:tidak (?:bisa|dapat|memiliki)|minta maaf|adalah)|sebagai (?:ai|model|asisten)|sayangnya|silakan (?:berikan|kirim)|ada yang bisa saya|halo[!,])/iu,
  /^(?:ขออภัย|ขอโทษ(?:ครับ|ค่ะ|ด้วย|นะ|$|\s|ที่)|เสียใจด้วย|(?:ฉัน|ผม|ดิฉัน)(?:ไม่สามารถ|ไม่มี|เป็น(?:โมเดล|AI|ปัญญา))|ในฐานะ|กรุณา(?:ให้|ระบุ)|สวัสดี(?:ครับ|ค่ะ)|มีอะไรให้)/u,
  // Chinese
  /^(?:对不起|對不起|抱歉|很抱歉|非常抱歉|十分抱歉|不好意思|很遗憾|很遺憾|遗憾的是)(?:$|[,，。.!！：:、]?\s*(?:但|我(?:无|無|不|没|沒|目前|只|还|還)|您|你(?:的|提)|由于|因为|因為|无法|無法|不能|没有|沒有|这|這|该|作为|作為|目前|暂时))/u,
  /^(?:我|本人|本AI|作为AI，?我)(?:无法|無法|不能|[没沒]有(?:足够|任何|权限|访问|能力|相关|看到|收到|办法)|没办法|不会提供|只是一|是(?:一个|一個|一名|一款)?(?:AI|人工|语言|語言|大|由)|很抱歉|目前|暂时|需要您|注意到|理解[您你]|(?:可以|会|會|将|將)(?:帮|幫|为[您你]|為|协助|尽)|建议[您你])/iu,
  /^(?:作为|作為|身为)(?:一个|一個|一名|一款|您的)?(?:AI|人工智能|人工智慧|语言模型|語言模型|大语言|智能|助手|虚拟)/iu,
  /^(?:无法|無法|不能)(?:生成|提供|确定|確定|总结|概括|命名|为您|為您|回答|协助|帮助|判断|识别|创建)|^(?:信息|内容|上下文|对话)(?:不足|为空|不够)|^没有(?:足够|提供|可用|对话|内容)/u,
  /^请(?:您|你)?(?:提供|告诉|说明|输入|描述|补充|明确|详细|告知|发送|给出|随时)|^請(?:您|你)?(?:提供|告訴|說明|輸入|描述|補充|問)|^(?:您好|你好|嗨)[!！，,。~～]|^请问(?:您|你|有什么|需要|是否)|^有什么(?:可以|我)|^感谢您|^谢谢您的/u,
  // Japanese
  /^(?:申し訳|大変申し訳|すみません(?:が|、|。|$)|すいません|ごめんなさい(?:、|。|が|$)|恐れ入りますが|残念ながら|恐縮ですが|AI(?:モデル|アシスタント)?(?:として|なので|です)|私は.{0,20}(?:できません|ありません|です|AI)|ご質問ありがとう|お問い合わせありがとう|どのような(?:ご用件|お手伝い)|何かお手伝い|こんにちは[!！、。])/u,
  // Korean
  /^(?:죄송(?:합니다|하지만|해요|스럽)|미안(?:합니다|하지만|해요)|유감(?:스럽|입니다)|안타깝게도|저는 .{0,20}(?:없습니다|입니다|모델|AI)|AI로서|인공지능으로서|제공된 (?:정보|대화|내용)|정보가 부족|대화 내용이 (?:없|부족)|무엇을 도와|안녕하세요[!,.]|감사합니다[!,.])/u,
];

/** Whether the line opens as a refusal, an apology, a greeting or an offer does. */
export function isRefusal(line: string): boolean {
  return [...ENGLISH, ...OTHERS].some((opening) => opening.test(line));
}
