/** How models refuse, apologise, greet, ask for more and offer help in languages other than English. */

import { opensWith } from "./phrases.ts";

/** Matches a line that opens so. A word that titles use as well ("désolé") needs what follows it in a sentence. */
export const REFUSALS_ABROAD = opensWith(String.raw`
  (?:नमस्ते|नमस्कार|cześć|hej|hallå|hei|moi|terve|hoi|ahoj|dobrý den|salut|bună|szia|sziasztok|selam|γεια(?: σας| σου)?|שלום|سلام|مرحبا|hai)\s*[!！]
  (?:não|nao) há (?:conversa|mensage|conteúdo|informaç)|no hay (?:conversación|mensajes|contenido|información|suficiente)
  il n['’]y a (?:pas|aucun)|es gibt kein|es wurden? keine?|non c['’]è (?:alcun|nessun)|нет (?:сообщений|разговора|информации|данных для)
  (?:lo siento|lo lamento|lamento|lamentablemente|desafortunadamente|disculpe?|perdona|perdón)\s*(?:[,.;!:]|pero\b|no\b|$)
  (?:no puedo|no me es posible|no es posible|no soy capaz de|no tengo)\s+(?:ayudar|acceder a (?!mi)|proporcionar|generar|crear|cumplir)
  (?:no puedo|no es posible|no tengo)\s+(?:navegar|asistir|responder|procesar|ofrecer|hacer|acceso|información|suficiente|la capacidad|contexto)
  como (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente(?: de ia)?|modelo)\s*,|(?:no )?soy una? (?:ia|inteligencia|modelo|asistente)
  por favor,? (?:proporciona|comparte|indica|envía|escribe|dime)|¿(?:en qué|cómo|qué) (?:puedo|te gustaría|podría)|¡?hola[!,]|gracias por\b
  (?:desculpe|desculpa|sinto muito|infelizmente|me desculpe|peço desculpas?)\s*(?:[,.;!:]|mas\b|não\b|$)
  (?:eu )?(?:não posso|não consigo|não tenho)\s+(?:ajudar|acessar (?!m)|aceder|fornecer|gerar|criar|cumprir|navegar|responder)
  (?:eu )?(?:não posso|não consigo|não tenho)\s+(?:processar|fazer|acesso|informaç|contexto)
  como (?:uma? )?(?:ia|inteligência artificial|modelo de linguagem|assistente)\s*,|por favor,? (?:forneça|compartilhe|envie|informe)
  como posso (?:ajud|te ajud)|em que posso|olá[!,]|obrigad[oa] por\b
  (?:mi dispiace|mi spiace|spiacente|scusa|scusami|scusate|purtroppo|sono spiacente)\s*(?:[,.;!:]|ma\b|non\b|$)
  non (?:posso|sono in grado|riesco a)\s+(?:aiut|acced|forn|gener|crea|naviga|rispond|elabora|fare|di)
  (?:in quanto|come) (?:ia|intelligenza|modello|assistente)|(?:per favore|si prega di),? forni|come posso aiut|in cosa posso|ciao[!,]|grazie per\b
  îmi pare rău|ne pare rău|din păcate|nu pot (?:ajuta|accesa|genera|oferi)|ca (?:un )?(?:model|asistent)|ho sento|no puc (?:ajudar|accedir)
  je (?:suis|me) (?:désolée?|navrée?|vraiment désolée?|une?|incapable|excuse)|désolée?\s*(?:[,.!:]|mais|je)|toutes mes excuses|malheureusement|hélas
  je (?:ne (?:peux|suis|dispose|sais|pourrai|vois|comprends|possède|parviens)|n['’]ai (?:pas|aucun))|comment puis-je
  en tant qu['’e]\s*(?:ia|intelligence|assistant|modèle|un)|veuillez (?:fournir|préciser|indiquer|partager)|bonjour\s*[!,]
  (?:pouvez|pourriez|peux|pourrais)-(?:vous|tu) (?:me |préciser|fournir|partager)|merci (?:pour|de) (?:votre|ton|m)
  (?:es )?tut mir (?:sehr )?leid|(?:entschuldigung|entschuldige)\s*[,.!]|sorry,? (?:aber|ich|das)\b
  leider (?:kann|habe|ist|bin|darf|gibt|liegen|fehlen|konnte)|als (?:ki|künstliche|sprachmodell|ai)(?!\p{L})|als ki-
  ich (?:kann|konnte|darf|werde|habe|verstehe|brauche|benötige) (?:(?:dir|ihnen|euch|dabei|das|diese|leider|nicht|keine?|dazu|auf|nur)\s|ein)
  ich bin (?:eine?|nicht|leider|nur) (?:ki|sprachmodell|computer|assistent|künstliche|in der lage|nur|ein)
  bitte (?:gib|geben|teilen?|stellen?|beschreib|nennen?|sende)|(?:könnten sie|kannst du|können sie) (?:mir |bitte )
  wie kann ich (?:ihnen|dir|helfen)|hallo[!,]|vielen dank für\b|danke für (?:ihre|deine)
  het spijt me|sorry,? (?:maar|ik|dat)\b|helaas (?:kan|heb|is|ben)|ik (?:kan|ben|heb) (?:geen|niet|je|u|helaas|een)|als (?:ai|taalmodel|een ai)
  (?:kun je|kunt u) (?:me|mij|alsjeblieft)|waarmee kan ik|hoe kan ik (?:je|u) help|geef alstublieft
  jag (?:kan (?:inte|tyvärr)|är (?:ledsen|en (?:ai|språk))|har (?:inte|ingen))|tyvärr|förlåt[,.!]|som en? (?:ai|språkmodell)
  jeg (?:kan (?:ikke|desværre|dessverre)|er (?:ked|lei|en (?:ai|språk|sprog))|beklager)|beklager|desværre|dessverre|undskyld[,.!]
  (?:извините|простите|прошу прощения|приношу извинения)(?:[,.!:]|\s+(?:но|за|я)(?!\p{L})|$)|к сожалению|мне (?:очень )?жаль
  я (?:не (?:могу|умею|имею|в состоянии|способен|вижу)|всего лишь|являюсь|языковая|искусственный|виртуальный|готов|ии)(?!\p{L})
  (?:как|будучи) (?:ии|искусственный|языковая модель|языковой)|чем (?:я )?могу (?:вам |тебе )?помочь|как я могу помочь
  пожалуйста,? (?:предоставьте|уточните|укажите|опишите|пришлите|напишите)|(?:здравствуйте|привет)\s*[!,]|спасибо за (?:ваш|вопрос|сообщ)
  не могу (?:помочь|предоставить|создать|сгенерировать|получить доступ к внешн|выполнить|ответить)
  на жаль|вибачте|перепрошую|мені шкода|я не (?:можу|маю)|як (?:ші|мовна модель)|будь ласка,? (?:надайте|уточніть)|съжалявам|за съжаление|не мога да
  przepraszam[,.!]|przykro mi|niestety|nie (?:mogę|jestem w stanie|mam dostępu)|jako (?:ai|model|sztuczna|asystent)|w czym mogę
  proszę (?:podać|podaj|o podanie)|omlouvám se|bohužel|je mi líto|nemohu|nemám přístup|jako (?:ai|jazykový)
  üzgünüm|maalesef|özür dilerim|kusura bakma|bir (?:yapay zeka|dil modeli)|lütfen (?:sağla|belirt|paylaş)|(?:size )?nasıl yardımcı|merhaba[!,]
  valitettavasti|olen pahoillani|en (?:voi|pysty)|anteeksi[,.!]|sajnálom|sajnos|elnézést|nem (?:tudok|tudom|áll)|mint (?:ai|nyelvi)
  λυπάμαι|δυστυχώς|δεν μπορώ|συγγνώμη[,.!]|ως (?:ai|γλωσσικό)
  (?:أنا )?(?:آسف|أسف|متأسف)(?:[،,.]| (?:لا|لكن|ولكن|على|جدا|جدًا))|أنا (?:آسف|أسف|متأسف)|عذر[اًا]+|أعتذر|للأسف|مرحب[اًا]+\s*[!،,]
  لا (?:أستطيع|يمكنني|أملك)|ليس لدي|بصفتي|كنموذج|كيف يمكنني|يرجى (?:تقديم|توفير|تزويد)
  مت[أا]سف(?:م|انه)|ببخشید|من نمی|نمی[\u200c\s]?توانم|به عنوان یک|لطفاً? (?:ارائه|مشخص)|چگونه می
  סליחה[,.!]|אני (?:מצטער|לא (?:יכול|מסוגל)|מודל)|לצערי|מצטער|כמודל|איך אוכל|במה אוכל
  क्षमा करें|माफ़? ?(?:करें|कीजिए)|मुझे (?:खेद|माफ|अफ़?सोस)|मैं .{0,40}(?:नहीं .{0,10}सक|असमर्थ|मॉडल)|खेद है|एक (?:एआई|AI|भाषा मॉडल)
  कृपया .{0,30}(?:दें|करें|बताएं|बताएँ)|दुर्भाग्य|দুঃখিত|আমি .{0,30}(?:পারি না|পারছি না|মডেল)|மன்னிக்கவும்
  xin lỗi[,.!]|(?:tôi )?(?:rất )?xin lỗi,? (?:nhưng|tôi)|rất tiếc|tôi (?:không thể|là|không có|rất tiếc|xin lỗi)|tôi có thể giúp
  là một (?:ai|mô hình|trợ lý)|vui lòng (?:cung cấp|cho)|xin chào[!,]
  maaf[,.!]|maaf (?:saya|tetapi|tapi)|mohon maaf|saya (?:tidak (?:bisa|dapat|memiliki)|minta maaf|adalah)|sebagai (?:ai|model|asisten)
  sayangnya|silakan (?:berikan|kirim)|ada yang bisa saya|halo[!,]
  ขออภัย|ขอโทษ(?:ครับ|ค่ะ|ด้วย|นะ|$|\s|ที่)|เสียใจด้วย|(?:ฉัน|ผม|ดิฉัน)(?:ไม่สามารถ|ไม่มี|เป็น(?:โมเดล|AI|ปัญญา))|ในฐานะ|กรุณา(?:ให้|ระบุ)
  สวัสดี(?:ครับ|ค่ะ)|มีอะไรให้
  (?:[很非十]?常?分?抱歉|对不起|對不起|不好意思|很遗憾|很遺憾|遗憾的是)(?:$|[,，。.!！：:、]?\s*(?:但|我(?:无|無|不|没|沒|目前|只|还|還)))
  (?:[很非十]?常?分?抱歉|对不起|對不起|不好意思|很遗憾|很遺憾)[,，。.!！：:、]?\s*(?:您|你(?:的|提)|由于|因[为為]|[无無]法|不能|[没沒]有|[这這]|该|作[为為]|目前|暂时)
  (?:本人|本AI|我)(?:[无無]法|不能|[没沒]有(?:足够|任何|权限|访问|能力|相关|看到|收到|办法)|没办法|不会提供|只是一|很抱歉|目前|暂时|需要您|注意到)
  我(?:是(?:一个|一個|一名|一款)?(?:AI|人工|[语語]言|大|由)|理解[您你]|(?:可以|[会會将將])(?:[帮幫]|为[您你]|為|协助|尽)|建议[您你])
  (?:作[为為]|身为)(?:一个|一個|一名|一款|您的)?(?:AI|人工智[能慧]|[语語]言模型|大语言|智能|助手|虚拟)
  (?:[无無]法|不能)(?:生成|提供|[确確]定|总结|概括|命名|[为為]您|回答|协助|帮助|判断|识别|创建)|(?:信息|内容|上下文|对话)(?:不足|为空|不够)
  没有(?:足够|提供|可用|对话|内容)|[请請][您你]?(?:提供|告[诉訴]|[说說]明|[输輸]入|描述|[补補]充|明确|详细|告知|发送|给出|随时)
  (?:您好|你好|嗨)[!！，,。~～]|请问(?:您|你|有什么|需要|是否)|有什么(?:可以|我)|感谢您|谢谢您的
  (?:大変)?申し訳|すみません(?:が|、|。|$)|すいません|ごめんなさい(?:、|。|が|$)|恐れ入りますが|残念ながら|恐縮ですが|こんにちは[!！、。]
  AI(?:モデル|アシスタント)?(?:として|なので|です)|私は.{0,20}(?:できません|ありません|です|AI)
  ご質問ありがとう|お問い合わせありがとう|どのような(?:ご用件|お手伝い)|何かお手伝い
  죄송(?:합니다|하지만|해요|스럽)|미안(?:합니다|하지만|해요)|유감(?:스럽|입니다)|안타깝게도|저는 .{0,20}(?:없습니다|입니다|모델|AI)
  AI로서|인공지능으로서|제공된 (?:정보|대화|내용)|정보가 부족|대화 내용이 (?:없|부족)|무엇을 도와|안녕하세요[!,.]|감사합니다[!,.]
`);
