// Ids minted by the page for its own messages: a repeated id is answered with the same number by
// the server, so sending twice after a lost connection is harmless.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Joins a moment and ten random bytes into the 26 characters of a ULID. */
export function ulidFrom(millis: number, random: Uint8Array): string {
  let value = BigInt(Math.floor(millis));
  for (const byte of random.subarray(0, 10)) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = ALPHABET[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}

/** A fresh id. */
export function ulid(): string {
  return ulidFrom(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}
