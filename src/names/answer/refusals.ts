/**
 * How models refuse in English, apologise, greet, ask for more and offer help; other languages are in
 * `name-refusals-abroad.ts`. English tells a sentence from a title by its small letters: "I can't access" refuses, "I
 * Can't Dance" is a song. So case counts, apart from phrases that nobody would name a session by.
 */

import { opensWith } from "./phrases.ts";
import { REFUSALS_ABROAD } from "./refusals-abroad.ts";

const NO_CAPITAL = "(?! [A-Z])";
const CANNOT = "unable|not able|impossible|cannot|can['’]?t|could not|couldn['’]t|failed|error";

const IS_LACKING = `(?:$|[.,:;!—–-]|${[
  " for (?:a )?(?:title|name)\\b",
  " to (?:generate|create|determine|title|name|summari[sz]e)\\b",
  " (?:was|is|has|provided|available|given|found|yet|specified|generated|could|can)\\b",
].join("|")})`;
const SMALL_TALK =
  "(?:$|(?:how|what|i|i['’]m|thanks?|welcome|let|nice|it['’]s|please|can|could|you|we|great|is|my name|of course|sure)(?!\\p{L}))";

const BY_CASE = opensWith(
  String.raw`
  (?:[Ii]['’]m|[Ii] am) (?:so|very|really|terribly|truly|just|only|still|currently|not|unable|afraid|sorry|here)\b
  (?:[Ii]['’]m|[Ii] am) (?:happy|ready|glad|your|designed|[a-z]+ing)\b
  (?:[Ii]['’]m|[Ii] am) an? (?:ai|AI|large|language|chat|text|virtual|helpful|digital|computer|machine|model|assistant|bot)\b
  I (?:can|cannot|could|couldn['’]t|will|won['’]t|do|don['’]t|did|didn['’]t|have|haven['’]t|would|wouldn['’]t)\b${NO_CAPITAL}
  I (?:need|must|should|may|might|understand|see|think|believe|noticed?|appreciate|only|was|want|hope)\b${NO_CAPITAL}
  I (?:apologi[sz]e|suggest|recommend|lack|require|strive|aim|prefer|know|feel|guess|assume)\b${NO_CAPITAL}
  I['’](?:ll|d|ve)\s(?![A-Z])
  (?:[Uu]nfortunately|[Rr]egrettably|[Ss]adly)\s*,\s*(?:I\b|[a-z])
  [Tt]here (?:is|are|was|were)(?:n['’]t)? (?:no|not|nothing|insufficient|any)\b
  [Tt]here['’]s (?:no|not|nothing)\b${NO_CAPITAL}
  (?:[Tt]his|[Tt]he|[Yy]our) (?:request|content|message|question|query|topic|conversation) (?:violates|goes against|is not)\b
  (?:[Tt]his|[Tt]he|[Yy]our) (?:request|content|message|question|query|topic|conversation) (?:isn['’]t|cannot|can['’]t)\b
  (?:[Tt]his|[Tt]he|[Yy]our) (?:request|content|message) (?:was (?:blocked|declined|flagged)|may violate|appears to violate)\b
  [Pp]lease (?:provide|share|paste|send|upload|clarify|specify|supply|elaborate|confirm|(?:tell|let|give) me|note that)\b
  [Pp]lease (?:describe (?:the|your|what)|explain (?:what|your)|feel free|try again|enter (?:the|your|a))\b
  (?:[Cc]ould|[Cc]an|[Ww]ould|[Ww]ill|[Dd]o|[Dd]id|[Mm]ay|[Mm]ight) you (?:please|like|want|provide|clarify|share|tell|give)\b
  (?:[Cc]ould|[Cc]an|[Ww]ould|[Ww]ill|[Dd]o|[Dd]id) you (?:specify|describe|let|explain|confirm|elaborate|paste|send|need|mean|have)\b
  (?:[Ww]hat|[Ww]hich|[Hh]ow) (?:would|do|can|should) you (?:like|want|prefer|need)\b
  [Ii]s there anything\b|[Mm]ay I (?:help|assist|suggest|ask)\b|[Cc]an I (?:help|assist)\b|[Ll]et me (?:know|help|explain|check)\b
  [Tt]hank(?: you|s)(?: so much| very much)? for (?:your|the|sharing|providing|asking|reaching|letting|contacting|using|this)\b${NO_CAPITAL}
  (?:[Ww]hich|[Ww]hat) (?:[a-z]+ ){1,4}are you (?:using|running|trying|working|looking)\b|[Ww]hat(?: is|['’]s) your (?:question|issue|problem|goal)\b
  (?:[Hh]uman|[Ss]ystem|[Mm]odel|AI|Assistant)\s*[:：]\s+(?:[a-z]|You are\b|Hello\b|Hi\b)
  (?:I['’]m|I am|[Mm]y name is) (?:ChatGPT|Claude|Gemini|GPT|Llama|Mistral|Qwen|DeepSeek|Copilot|Grok|Kimi|Bard|Phi)\b
  (?:[Tt]he|[Nn]o) (?:provided|given|supplied) (?:text|messages?|conversation|input|content|chat)\b${NO_CAPITAL}
  (?:SKIP|KEEP|NONE|N/A)\b\s*[,:;.(—–-]
  `,
  "u",
);

const ANY_CASE = opensWith(String.raw`
  i (?:can ?not|can['’]?t|could ?n['’]?[o]?t|won['’]t|will not|do not|don['’]t|am unable to|am not able to) (?:help|assist|fulfil|comply)
  i (?:can ?not|can['’]?t|won['’]t|am unable to|am not able to) (?:provide|generate|create a title|access external|browse|discuss)
  i (?:can ?not|can['’]?t|won['’]t|am unable to|am not able to) (?:engage|do that|answer|complete that)
  (?:sorry|apologies|my apologies|pardon)(?:$|[.!:;—–-]|,? (?:but|i|i['’]m|we|this|that|there|no|can['’]?t|cannot)(?!\p{L}))
  (?:sorry|apologies|my apologies|pardon),? (?:for (?:the|any|my)|about (?:that|the|this))\b
  as an? (?:ai|artificial intelligence|large language|language)(?:\s*,| (?:i|language|model|assistant|chatbot|system|developed|created|trained|made|built|designed)\b)
  (?:${CANNOT})(?: to)? (?:summari[sz]e|comply|fulfil|(?:assist|help)(?: with| you|[.!]|$)|access (?:external|the (?:url|link|content)))
  (?:${CANNOT})(?: to)? (?:generat|determin|provid|creat|produc|identif|infer|process)\w*(?: \w+){0,3} (?:title|name|topic|summary)\b
  (?:${CANNOT})(?: to)? (?:generat|determin|provid|creat|produc|process)\w*(?: \w+){0,3} (?:response|answer|context|assistance|request)\b
  (?:insufficient|not enough|no) (?:context|content|information|conversation|messages?|data|input|details?|text)${IS_LACKING}
  (?:insufficient|not enough|no) (?:transcript|chat history|title|name|topic|subject)${IS_LACKING}
  (?:request|content|message|response|conversation) (?:declined|denied|blocked|refused|filtered|rejected|flagged)(?:$|[.:;,—–-]| (?:due|because)\b)
  (?:how|what) (?:can|may|could|would|should) (?:i|we) (?:(?:help|assist|support)(?: you| with|[?.!]|$)|do for you|call you)
  user\s*[:：]\s|i (?:must |have to |need to )?(?:refuse|decline)(?: to\b|[.!]?$| this)|nothing to (?:summari[sz]e|name|title|generate)
  (?:this|your|the)(?: (?:content|request|message|prompt|conversation|topic))? (?:violates|goes against|was flagged|has been flagged)\b
  (?:content|usage) policy violation[.!]?$
  (?:hello|hi|hey|greetings|welcome|good (?:morning|afternoon|evening))(?: there| again)?\s*[!,.—–-]+\s*${SMALL_TALK}
  you(?:['’]re| are) (?:welcome|right|absolutely|asking|correct)\b
  (?:that['’]s|that is|what) (?:a |an )?(?:great|good|excellent|interesting|wonderful|fantastic) (?:question|idea|choice|point)\b
  (?:great|good|excellent|interesting) (?:question|point)\s*[!.,]
  `);

/** Whether the line opens as a refusal, an apology, a greeting or an offer does. */
export function isRefusal(line: string): boolean {
  return BY_CASE.test(line) || ANY_CASE.test(line) || REFUSALS_ABROAD.test(line);
}
