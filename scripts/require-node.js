// Loaded before the scripts of this folder. They are TypeScript, so an older Node could not read them and say that it is too
// old.
if (!process.features.typescript) {
  console.error(
    `This needs Node 22.18 or newer and was started by Node ${process.versions.node}.\n` +
      "Start it through npm (npm start, npm run demo): npm ci brings a Node of its own. If that was through npm, the\n" +
      "Node it brings was left out (--omit=optional) or there is none for your platform: then install a newer one.",
  );
  process.exit(1);
}
