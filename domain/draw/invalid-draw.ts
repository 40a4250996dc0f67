/** Data from which no draw can be made, or which no draw can have made. The message names what is wrong with it. */
export class InvalidDraw extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidDraw';
  }
}

/** @throws InvalidDraw with the message when the condition does not hold. */
export function requireDraw(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvalidDraw(message);
}
