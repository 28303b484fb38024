import type { DomainName } from '../../../policy/names.js';
import type { ConsoleMode } from '../../wire/console.js';

/** An act of an admin at a console on the host itself, past the gate. */
export type AdminAct =
  /** `announced`: the others at the console were told. */
  | { readonly act: 'console-entered'; readonly mode: ConsoleMode; readonly announced: boolean }
  /** The admin now has the keyboard, but did not when entering. */
  | { readonly act: 'console-keyboard' }
  | { readonly act: 'console-left' }
  | { readonly act: 'console-released'; readonly seconds: number }
  | { readonly act: 'console-taken-back' };

/**
 * Called for each act. `admin` is a name on the host, as claimed: anyone who may open the
 * socket can claim any name.
 */
export type AdminActListener = (act: AdminAct, domain: DomainName, admin: string) => void;
