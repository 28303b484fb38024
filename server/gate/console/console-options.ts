import { parseEscapeKey } from '../../../policy/escape-key.js';
import type { EscapeKey } from '../../../policy/escape-key.js';
import { consoleTerms } from '../../../policy/evaluate.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Role } from '../../../policy/roles.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Recorded } from '../../../policy/recorded.js';
import type { RoleRow } from '../../store/records.js';
import type { Unsubscribe } from '../session/terminal.js';

/** `console:` of gate.yaml. */
export interface ConsoleSettings {
  /** 0 for never. */
  readonly idleSeconds: number;
  readonly watchersIdle: boolean;
  readonly escape: EscapeKey;
  /** `none`, or `sysrq-` and a key. */
  readonly break: string;
  readonly logOut: boolean;
}

interface ConsoleOptionsParts {
  readonly settings: ConsoleSettings;
  readonly policy: { readonly policy: Policy; onChange(listener: () => void): Unsubscribe };
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly preferences: {
    get(customer: CustomerName): { readonly escape: string | null };
    setEscape(customer: CustomerName, escape: string | null): void;
  };
}

/**
 * Console options, apart from rights: policy first, then the settings; the escape key is the customer's
 * preference.
 */
export class ConsoleOptions {
  readonly #parts: ConsoleOptionsParts;

  constructor(parts: ConsoleOptionsParts) {
    this.#parts = parts;
  }

  /** The SysRq key that a break is sent as; null when there is no break. */
  get breakKey(): string | null {
    return /^sysrq-(.)$/.exec(this.#parts.settings.break)?.[1] ?? null;
  }

  /** The customer's own escape key, or else the site's. */
  escapeKey(customer: CustomerName): EscapeKey {
    const { settings, preferences } = this.#parts;
    const own = preferences.get(customer).escape;
    const key = own === null ? settings.escape : parseEscapeKey(own);
    return isRefusal(key) ? settings.escape : key;
  }

  /**
   * Remembers the customer's own escape key, for consoles that are opened from now on.
   *
   * @param text null for the site's key again
   */
  chooseEscape(customer: CustomerName, text: string | null): Refusal | null {
    const key = text === null ? null : parseEscapeKey(text);
    if (isRefusal(key)) return key;
    this.#parts.preferences.setEscape(customer, key?.caret ?? null);
    return null;
  }

  /** After how many seconds without a key a console is left; null for never. */
  idleSeconds(customer: CustomerName, domain: DomainName, writes: boolean): number | null {
    const { settings } = this.#parts;
    if (!writes && !settings.watchersIdle) return null;
    const idle = this.#terms(customer, domain)?.idle ?? settings.idleSeconds;
    return idle === 'never' || idle === 0 ? null : idle;
  }

  /** Whether a shell that is left logged in gets Ctrl-D. */
  logsOut(customer: CustomerName, domain: DomainName): boolean {
    return this.#terms(customer, domain)?.logOut ?? this.#parts.settings.logOut;
  }

  /** The parts of an attachment that are recorded. @param role the customer's on the domain; when left out, it is looked up */
  record(customer: CustomerName, domain: DomainName, role?: Role): Recorded {
    return this.#terms(customer, domain, role)?.record ?? 'off';
  }

  /** Calls the listener at every new policy. */
  onChange(listener: () => void): Unsubscribe {
    return this.#parts.policy.onChange(listener);
  }

  #terms(
    customer: CustomerName,
    domain: DomainName,
    role = this.#parts.roles.find(customer, domain)?.role,
  ): ReturnType<typeof consoleTerms> {
    return consoleTerms(this.#parts.policy.policy, customer, role ?? null, domain);
  }
}
