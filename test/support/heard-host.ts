import type { DomainName } from '../../policy/names.js';
import type { DomainState } from '../../policy/domain-state.js';
import type { HostLink } from '../../server/gate/hosts/host-link.js';
import type { LinkEvent } from '../../server/gate/hosts/link-event.js';
import type { DomainView, HostNames } from '../../server/wire/domain.js';
import { domainView } from './dom0-stand-in.js';

/** What a host says of other names when there is nothing to say. */
export const TELLS: HostNames = { others: [], missing: [], gone: [] };

/** A host as its link hears it, in this process. The test says what is heard of one domain. */
export class HeardHost {
  readonly name: string;
  readonly socket: string;
  reachable = false;
  hasBeenHeard = false;
  names: HostNames | null = null;
  lastOthers: readonly string[] = [];
  readonly domains = new Map<DomainName, DomainView>();
  #listener: (event: LinkEvent) => void = () => undefined;

  readonly #domain: DomainName;

  constructor(name: string, domain: DomainName) {
    this.name = name;
    this.#domain = domain;
    this.socket = `/${name}.sock`;
  }

  get link(): HostLink {
    return this as unknown as HostLink;
  }

  onEvent(listener: (event: LinkEvent) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  heard(names: HostNames | null = TELLS): void {
    this.reachable = true;
    this.hasBeenHeard = true;
    this.says(names, 'reachable');
  }

  /** Sets the other names. */
  says(names: HostNames | null, event: 'reachable' | 'names' = 'names'): void {
    this.names = names;
    this.lastOthers = names?.others ?? this.lastOthers;
    this.#listener({ event });
  }

  guests(...others: string[]): void {
    this.says({ ...TELLS, others });
  }

  set(state: DomainState, more: Partial<DomainView> = {}): void {
    this.domains.set(this.#domain, domainView(this.#domain, state, more));
    if (this.reachable) this.#listener({ event: 'domain', name: this.#domain });
  }

  lost(): void {
    this.reachable = false;
    this.#listener({ event: 'lost' });
  }
}
