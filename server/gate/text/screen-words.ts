import type { DomainName } from '../../../policy/names.js';
import { stateWord } from '../../../menus/domain-words.js';
import type { ScreenView } from '../../wire/screen.js';

/** In a menu: a screen without a letter. */
export function blankScreen(domain: DomainName): string {
  return `The screen of ${domain} is blank.`;
}

/** What the customer must know about a screen as text; empty when it is what the server shows now. */
export function screen(domain: DomainName, { state, console, boot, outputAt }: ScreenView): string[] {
  if (outputAt === null) return [`${domain} is ${stateWord(state)} and has shown nothing since you have it.`];
  const when = `${new Date(outputAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  if (state === 'off') return [`${domain} is off: this is its last screen, from ${when}.`];
  if (boot?.over === true)
    return [`${domain} started anew and says nothing yet: this is the screen of the boot before.`];
  if (console === 'attached') return [];
  if (console === 'locked')
    return [`An administrator of the host has the console of ${domain} open: this is from ${when}.`];
  return [`The console of ${domain} is not open just now: this is from ${when}.`];
}
