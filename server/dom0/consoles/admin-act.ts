import type { DomainName } from '../../../policy/names.js';
import type { ConsoleMode } from '../../wire/console.js';

/** What an admin did at a console on the host itself, past the gate. */
export type AdminAct =
  /** `announced`: those who are there were told. */
  | { readonly act: 'console-entered'; readonly mode: ConsoleMode; readonly announced: boolean }
  /** They have the keyboard, which they had not when they came. */
  | { readonly act: 'console-keyboard' }
  | { readonly act: 'console-left' }
  | { readonly act: 'console-released'; readonly seconds: number }
  | { readonly act: 'console-taken-back' };

/** Hears of it. `admin` is a name on the host, as claimed: whoever may open the socket may say any. */
export type AdminActListener = (act: AdminAct, domain: DomainName, admin: string) => void;
