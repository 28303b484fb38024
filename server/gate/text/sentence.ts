/** Makes a sentence of half a sentence: with a capital at its beginning and a mark at its end. */
export function asSentence(text: string): string {
  return sentence(capital(text));
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
