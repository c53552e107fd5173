/** Names that say nothing: what a model or a template writes where no name is. */

import { fold } from "../../lib/text.ts";

const PLACEHOLDERS = new Set(
  `
  new chat|new conversation|new session|new thread|new topic|new discussion|new dialogue|new dialog|new message|new title
  new name|chat|conversation|session|thread|discussion|dialogue|dialog|untitled|untitled chat|untitled conversation
  untitled session|untitled thread|untitled document|untitled discussion|untitled topic|unnamed|unnamed session|unnamed chat
  unnamed conversation|unknown|unknown title|unknown topic|unspecified|undefined|null|nil|none|nan|na|not applicable
  not available|not specified|not provided|not found|no title|no name|no topic|no subject|no content|notitle|noname|empty
  empty title|empty string|empty conversation|empty chat|blank|title|titles|name|names|topic|subject|session title
  session name|chat title|chat name|conversation title|conversation name|thread title|thread name|your title|your title here
  title here|insert title|insert title here|insert title here|your session title|short title|concise title|the title
  a title|my title|suggested title|placeholder|default|default title|default name|tbd|todo|to be determined|string|text
  object|object object|true|false|error|output|answer|response|result|final answer|assistant|user|system|ai|chatbot|skip
  keep|ok|okay|done|yes|no|sure|certainly|of course|absolutely|hello|hello there|hi|hi there|hey|thanks|thank you|sorry
  im sorry|i am sorry|youre welcome|general chat|general conversation|chat session|chat conversation|ai chat|user chat
  conversation history|chat history|new chat session|new chat conversation|new conversation title|generated title|refused
  empty chat history|empty history|noted|general|general inquiry|general inquiries|general question|general questions|general discussion
  general assistance|general help|instruction|instructions
  start of conversation|lorem ipsum|secret|title not available|title unavailable|title unknown|no suitable title|unclear|unclear topic|session title here|title of the conversation|conversation started|new user conversation
  新对话|新對話|新会话|新會話|新聊天|新的对话|新的對話|新的聊天|新的会话|新建对话|新建对话框|新建会话|新建聊天|未命名|未命名会话|未命名对话
  未命名聊天|无标题|無標題|无题|無題|没有标题|無|无|空|未知|未知标题|标题|標題|题目|名称|主题|会话|會話|对话|對話|聊天|会话标题|对话标题|聊天标题
  会话名称|暂无标题|暂无|默认标题|你好|您好|对不起|抱歉
  新しいチャット|新しい会話|新しいセッション|新しいスレッド|新規チャット|新規会話|新規セッション|タイトルなし|タイトル未設定|無題の会話|無題のチャット|名称未設定
  なし|不明|会話|チャット|セッション|タイトル|題名|会話タイトル|セッション名|該当なし|未定|未設定|こんにちは|すみません
  새 채팅|새 대화|새로운 채팅|새로운 대화|새 세션|새 스레드|제목 없음|제목없음|무제|이름 없음|없음|알 수 없음|채팅|대화|세션|제목|대화 제목|안녕하세요
  nouveau chat|nouvelle conversation|nouvelle discussion|nouvelle session|sans titre|aucun titre|aucun|inconnu|conversation sans titre
  discussion sans titre|titre|titre de la conversation|sans nom|non défini|indéfini|bonjour
  nuevo chat|nueva conversación|nueva conversacion|nueva sesión|nueva sesion|sin título|sin titulo|sin nombre|ninguno|ninguna|desconocido
  conversación|conversacion|título|titulo|conversación sin título|chat sin título|no disponible|hola
  neuer chat|neue unterhaltung|neues gespräch|neue konversation|neue sitzung|neue session|neuer titel|unbenannt|ohne titel|kein titel
  titel|unbekannt|keine|keiner|unterhaltung|gespräch|sitzung|nicht verfügbar|hallo|unbenannte unterhaltung|unbenanntes gespräch
  novo chat|nova conversa|nova sessão|nova sessao|novo bate papo|sem título|sem titulo|sem nome|nenhum|nenhuma|desconhecido|conversa|olá
  nuova chat|nuova conversazione|nuova sessione|senza titolo|senza nome|nessuno|nessun titolo|sconosciuto|conversazione|titolo|ciao
  nieuwe chat|nieuw gesprek|nieuwe sessie|naamloos|zonder titel|geen titel|geen|onbekend|gesprek
  ny chatt|ny chat|ny konversation|ny samtale|ny session|namnlös|utan titel|ingen titel|uden titel|uten tittel|unavngivet|ukjent|okänd
  uusi keskustelu|uusi chat|nimetön|ei otsikkoa|keskustelu
  новый чат|новая беседа|новый диалог|новый разговор|новая сессия|новая тема|новое обсуждение|без названия|без имени|без заголовка
  без темы|нет|нет названия|неизвестно|не указано|не определено|название|заголовок|чат|беседа|диалог|разговор|сессия|привет|здравствуйте
  новий чат|нова розмова|нова бесіда|новий діалог|без назви|розмова|нов чат|нов разговор|без заглавие
  nowy czat|nowa rozmowa|nowa sesja|bez tytułu|bez nazwy|brak|brak tytułu|nieznany|tytuł|rozmowa
  nový chat|nová konverzace|bez názvu|bez nadpisu|žádný|neznámý|nová konverzácia
  conversație nouă|chat nou|fără titlu|új beszélgetés|új csevegés|névtelen|cím nélkül|nincs cím
  yeni sohbet|yeni konuşma|yeni oturum|başlıksız|adsız|isimsiz|başlık yok|bilinmiyor|yok|sohbet|başlık
  νέα συνομιλία|νέα συζήτηση|χωρίς τίτλο|χωρίς όνομα|άγνωστο|τίτλος
  محادثة جديدة|دردشة جديدة|جلسة جديدة|بدون عنوان|بلا عنوان|لا يوجد عنوان|لا يوجد|غير معروف|غير محدد|غير متوفر|عنوان|العنوان|محادثة
  گفتگوی جدید|چت جدید|گفت وگوی جدید|بدون نام|نامشخص|شروع گفتگو
  שיחה חדשה|צאט חדש|ללא כותרת|ללא שם|בלי כותרת|אין כותרת|לא ידוע|כותרת|שיחה
  नई चैट|नया चैट|नई बातचीत|नया वार्तालाप|नया सत्र|शीर्षकहीन|बिना शीर्षक|कोई शीर्षक नहीं|शीर्षक|अज्ञात|कोई नहीं|बातचीत
  নতুন চ্যাট|নতুন কথোপকথন|শিরোনামহীন|শিরোনাম নেই|শিরোনাম|புதிய அரட்டை|தலைப்பு இல்லை|కొత్త చాట్
  cuộc trò chuyện mới|trò chuyện mới|đoạn chat mới|không có tiêu đề|chưa có tiêu đề|không tiêu đề|không có|không xác định|tiêu đề
  obrolan baru|percakapan baru|sesi baru|tanpa judul|tidak ada judul|tidak ada|tidak diketahui|judul|percakapan|perbualan baharu
  แชทใหม่|การสนทนาใหม่|บทสนทนาใหม่|เซสชันใหม่|ไม่มีชื่อ|ไม่มีหัวข้อ|ไม่มี|ไม่ระบุ|ไม่ทราบ|ชื่อ|หัวข้อ|การสนทนา
  `
    .trim()
    .split(/\s*[|\n]\s*/)
    .map(comparable),
);

/** Whether the name says nothing about its session, alone or with a number ("New Chat", "Untitled (2)", "N/A"). */
export function isPlaceholder(name: string): boolean {
  const compared = comparable(name);
  // A number, a date or a time behind it.
  return (
    PLACEHOLDERS.has(compared) || PLACEHOLDERS.has(compared.replace(/(?: ?\d{1,4}){1,6}$/, "")) || isGeneric(compared)
  );
}

const SESSION_WORDS = new Set("chat conversation session discussion dialogue dialog thread".split(" "));
const GENERIC_WORDS = new Set(
  "new untitled unnamed general the a an with between and of user assistant ai human you me title name history".split(
    " ",
  ),
);

/** "Conversation with AI", "User and Assistant Chat": words for who talks, and that they do. */
function isGeneric(compared: string): boolean {
  const words = compared.split(" ");
  return (
    words.some((word) => SESSION_WORDS.has(word)) &&
    words.every((word) => SESSION_WORDS.has(word) || GENERIC_WORDS.has(word))
  );
}

function comparable(name: string): string {
  return fold(name)
    .replace(/[^\p{L}\p{M}\p{N}\s_—–-]/gu, "")
    .replace(/[\s_—–-]+/g, " ")
    .trim();
}
