/** Gift-card codes: Crockford's base 32 in groups of five, 24 random characters (120 bits) and one check character. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_CHARACTERS = 24;
const GROUP = 5;

/** How many random bytes a code takes. */
export const CODE_BYTES = (RANDOM_CHARACTERS * 5) / 8;

/** @param random exactly CODE_BYTES from a cryptographic source. */
export function makeCode(random: Uint8Array): string {
  if (random.length !== CODE_BYTES) throw new RangeError(`A code takes ${CODE_BYTES} random bytes`);
  let value = random.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  let body = '';
  for (let index = 0; index < RANDOM_CHARACTERS; index += 1) {
    body = (ALPHABET[Number(value & 31n)] ?? '') + body;
    value >>= 5n;
  }
  return formatCode(body + checkCharacter(body));
}

/** As typed, with lower case, blanks and look-alikes (O for 0, I and L for 1): the canonical code, or undefined. */
export function parseCode(typed: string): string | undefined {
  const plain = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (plain.length !== RANDOM_CHARACTERS + 1 || !/^[0-9A-HJKMNP-TV-Z]+$/.test(plain)) return undefined;
  const body = plain.slice(0, RANDOM_CHARACTERS);
  return checkCharacter(body) === plain.slice(RANDOM_CHARACTERS) ? formatCode(plain) : undefined;
}

const formatCode = (plain: string): string => plain.match(new RegExp(`.{1,${GROUP}}`, 'g'))?.join('-') ?? plain;

/** Luhn mod 32: finds every single wrong character and nearly every swap of neighbours. */
function checkCharacter(body: string): string {
  let factor = 2;
  let sum = 0;
  for (const character of body.split('').toReversed()) {
    const addend = factor * ALPHABET.indexOf(character);
    factor = factor === 2 ? 1 : 2;
    sum += Math.floor(addend / ALPHABET.length) + (addend % ALPHABET.length);
  }
  return ALPHABET[(ALPHABET.length - (sum % ALPHABET.length)) % ALPHABET.length] ?? '';
}
