const BLOCK_BYTES = 64;

/** The fractional parts of the square and cube roots of the first primes, as FIPS 180-4 wants them. */
const { initial, constants } = rootsOfPrimes();

/**
 * SHA-256 of a text, at once. `crypto.subtle` answers later, and where a batch is put together nothing may happen in between.
 */
export function sha256(text: string): Uint8Array {
  const padded = withPadding(new TextEncoder().encode(text));
  const view = new DataView(padded.buffer);
  const hash = new Int32Array(initial);
  const words = new Int32Array(BLOCK_BYTES);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let nth = 0; nth < 16; nth++) words[nth] = view.getInt32(at + 4 * nth);
    compress(hash, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [nth, word] of hash.entries()) digest.setInt32(4 * nth, word);
  return new Uint8Array(digest.buffer);
}

function withPadding(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function compress(hash: Int32Array, words: Int32Array): void {
  for (let nth = 16; nth < 64; nth++) {
    const [early, late] = [words[nth - 15] as number, words[nth - 2] as number];
    const small0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
    const small1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
    words[nth] = ((words[nth - 16] as number) + small0 + (words[nth - 7] as number) + small1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let nth = 0; nth < 64; nth++) {
    const big1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const first = (h + big1 + chosen + (constants[nth] as number) + (words[nth] as number)) | 0;
    const big0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const most = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + big0 + most) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, nth) => {
    hash[nth] = (hash[nth] as number) + word;
  });
}

function rootsOfPrimes() {
  const primes: number[] = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  return {
    initial: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
    constants: primes.map((prime) => fraction(Math.cbrt(prime))),
  };
}
