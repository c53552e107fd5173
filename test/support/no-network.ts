/** For `unit`, which runs in Node: a fetch() that no test scripted fails, and never reaches the network. */
globalThis.fetch = (input) => {
  const url = input instanceof Request ? input.url : String(input);
  return Promise.reject(new Error(`unscripted outbound request: ${url}`));
};
