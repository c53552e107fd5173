/** Names that say nothing: what a model or a template writes where no name is. */

import { fold } from "../../lib/text.ts";

/** Words for a new or unnamed session, for a title, for nothing. */
const EMPTY_WORDS = new Set(
  fold(`
  new chat chats conversation session thread discussion dialogue dialog topic message title titles name names subject general
  untitled unnamed unknown unspecified undefined unavailable unclear null nil none nan na n/a notitle noname empty blank tbd
  placeholder default no insert inquiry inquiries applicable available specified provided todo started
  nouveau nouvelle discussion sans titre aucun inconnu nom défini indéfini bonjour nuevo nueva conversación conversacion
  sesión sesion sin título titulo nombre ninguno ninguna desconocido disponible hola neuer neue neues unterhaltung gespräch
  konversation sitzung unbenannt unbenannte unbenanntes ohne titel kein keine keiner unbekannt nicht verfügbar hallo novo
  nova conversa sessão sessao sem nome nenhum nenhuma desconhecido olá nuova conversazione sessione senza titolo nessun
  nessuno sconosciuto ciao nieuwe nieuw gesprek sessie naamloos zonder geen onbekend ny chatt konversation samtale namnlös
  utan ingen uden uten tittel unavngivet ukjent okänd uusi keskustelu nimetön ei otsikkoa новый новая новое чат беседа диалог
  разговор сессия тема обсуждение без названия имени заголовка темы нет название заголовок неизвестно указано определено
  привет здравствуйте новий нова розмова бесіда діалог назви нов заглавие nowy nowa czat rozmowa sesja bez tytułu nazwy brak
  tytuł nieznany nový nová konverzace konverzácia názvu nadpisu žádný neznámý conversație nouă nou fără titlu új beszélgetés
  csevegés névtelen cím nélkül nincs yeni sohbet konuşma oturum başlıksız adsız isimsiz başlık yok bilinmiyor νέα συνομιλία
  συζήτηση χωρίς τίτλο τίτλος όνομα άγνωστο محادثة جديدة دردشة جلسة بدون بلا عنوان العنوان لا يوجد غير معروف محدد متوفر گفتگوی
  گفت وگوی جدید چت نام نامشخص شروع گفتگو שיחה חדשה צאט חדש ללא בלי אין כותרת שם ידוע नई नया चैट बातचीत वार्तालाप सत्र शीर्षकहीन
  बिना शीर्षक कोई नहीं अज्ञात নতুন চ্যাট কথোপকথন শিরোনামহীন শিরোনাম নেই புதிய அரட்டை தலைப்பு இல்லை కొత్త చాట్ cuộc trò
  chuyện mới đoạn không chưa có tiêu đề xác định obrolan percakapan sesi baru tanpa judul tidak ada diketahui perbualan baharu
  새 새로운 채팅 대화 세션 스레드 제목 없음 제목없음 무제 이름 알 수 안녕하세요`)
    .trim()
    .split(/\s+/),
);
/** Beside those they say who talks with whom, or whose title it is; alone they may be a name. */
const COMPANIONS = new Set(
  "a an the of with between and your my for not human me you user assistant ai history here".split(" "),
);
/** What is said, or filled in, instead of a name. */
const PHRASES = new Set(
  `not found|final answer|error|output|answer|response|result|assistant|user|system|ai|chatbot|skip|keep|hello|hello there
  hi|hi there|hey|thanks|thank you|string|text|object|object object|true|false|ok|okay|done|yes|sure|certainly|of course
  absolutely|sorry|im sorry|instruction|instructions|noted|refused|secret|youre welcome|to be determined|lorem ipsum
  start of conversation|untitled document|no content|no suitable title|short title|concise title|suggested title
  generated title|general question|general questions|general assistance|general help`.split(/\s*[|\n]\s*/),
);
const SPACELESS =
  /^(?:新しい|新規|新建?|的|未|命名|设定|設定|無|无|没有|暂|默认|标题|標題|题目?|題名?|名称|主题|空|知|不明|会话|會話|对话框?|對話|聊天|会話|チャット|セッション|スレッド|タイトル|なし|の|該当|定|你好|您好|对不起|抱歉|こんにちは|すみません|แชท|การสนทนา|บทสนทนา|เซสชัน|ใหม่|ไม่มี|ไม่ระบุ|ไม่ทราบ|ชื่อ|หัวข้อ)+$/;

/** Whether the name says nothing about its session, alone or with a number ("New Chat", "Untitled (2)", "N/A"). */
export function isPlaceholder(name: string): boolean {
  const compared = fold(name)
    .replace(/[^\p{L}\p{M}\p{N}\s_—–-]/gu, "")
    .replace(/[\s_—–-]+/g, " ")
    .trim();
  // A number, a date or a time behind it.
  const bare = compared.replace(/(?: ?\d{1,4}){1,6}$/, "");
  const words = bare.split(" ");
  const isEmpty = words.every((word) => EMPTY_WORDS.has(word) || COMPANIONS.has(word));
  if (PHRASES.has(bare) || PHRASES.has(compared)) return true;
  return (isEmpty && words.some((word) => EMPTY_WORDS.has(word))) || SPACELESS.test(words.join(""));
}
