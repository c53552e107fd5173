/**
 * Takes a model's marked reasoning off its answer: thinking tags of every family (closed, cut off before they closed, or
 * with only the closing tag left), channels, and the tokens of a chat template. One pass over the text each, since
 * reasoning may be long.
 */

const TAGS = `(?:${[
  "think|thinking|thoughts?|reason|reasoning|reflect|reflection|analysis|scratchpad|monologue|rationale|planning",
  "pondering|details|notes|cot|commentary",
].join("|")})`;
/** Tags, with prefixes such as `seed:think` and `inner_monologue`; the group tells a closing one. */
const THINKING = new RegExp(
  [
    `(?<!\`)<\\s{0,8}(\\/?)\\s{0,8}(?:[a-z]{1,12}[:_-]?)??${TAGS}(?:[_-]\\w{1,20})?(?:\\s[^<>]{0,200})?>(?!\`)`,
    "\\[(\\/?)THINK\\]|◁(\\/?)think▷|<\\|(?:begin|(end))[_▁]of[_▁]thought\\|>|<\\|(?:START|(END))_THINKING\\|>|<unused9(?:4|(5))>",
    "^(\\.\\.\\.done thinking)\\.$",
  ].join("|"),
  "gimu",
);
const END_OF_TURN =
  /<\|(?:im_end|end|eot_id|eom_id|end_of_text|endoftext|return|call|im_sep)\|>|<\/s>|<end_of_turn>|<eos>|<[|｜]end[_▁]of[_▁]sentence[|｜]>/;
const TEMPLATE_TOKEN =
  /(?:<\|(?:im_start|start|start_header_id)\|>|<start_of_turn>)\s*(?:assistant|model|system|user)?|<[|｜][^<>|｜\s]{1,40}[|｜]>|\[\/?INST\]|<(?:unk|pad|mask|bos|eos)>|\[(?:PAD|UNK|MASK|CLS|SEP|BOS|EOS)\]/g;

/** The answer without reasoning; "" when nothing else was there. */
export function dropReasoning(text: string): string {
  const answer = dropChannels(dropThinking(text));
  if (!/[<[]/.test(answer)) return answer;
  const turns = answer.split(END_OF_TURN).map((turn) => turn.replace(TEMPLATE_TOKEN, "").trim());
  return turns.find((turn) => turn !== "") ?? "";
}

function dropThinking(text: string): string {
  let answer = "";
  let rest = 0;
  let isThinking = false;
  for (const tag of text.matchAll(THINKING)) {
    const isClosing = tag.slice(1).some(Boolean);
    // A closing tag alone: the template had opened it before the answer began.
    if (isClosing && !isThinking) answer = "";
    if (!isClosing && !isThinking) answer += `${text.slice(rest, tag.index)}\n`;
    isThinking = !isClosing;
    rest = tag.index + tag[0].length;
  }
  return isThinking ? answer : answer + text.slice(rest);
}

/** Harmony's channels, also after a template has swallowed the tokens around them: "analysisThe user …assistantfinal…". */
function dropChannels(text: string): string {
  if (/^\s*analysis(?=[A-Z])/.test(text)) return text.split("assistantfinal").slice(1).at(-1) ?? "";
  if (!text.includes("<|channel|>")) return text;
  const final = text.split("<|channel|>final").slice(1).at(-1);
  return final === undefined
    ? text.slice(0, text.indexOf("<|channel|>"))
    : final.split("<|message|>").slice(1).join("");
}
