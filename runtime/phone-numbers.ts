import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** @returns the number in E.164; undefined where it is none, or where its country is not said. */
export function parsePhone(text: string): string | undefined {
  const parsed = parsePhoneNumberFromString(text);
  return parsed?.isValid() ? parsed.number : undefined;
}
