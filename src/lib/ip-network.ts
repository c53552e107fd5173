/**
 * What addresses of one household or server have in common: of IPv6 the first 64 bits, since whoever has one such address has
 * all of them; of IPv4 the whole address. A text that is no address stays as it is.
 */
export function ipNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [before = "", behind] = address.toLowerCase().split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [first, last] = [groups(before), groups(behind ?? "")];
  const gap = behind === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const all = [...first, ...Array<string>(gap).fill("0"), ...last];
  const network = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
