import type { Refusal } from '../../../policy/refusal.js';
import { readScreenView } from '../../wire/screen.js';
import type { ScreenView } from '../../wire/screen.js';
import type { DemandedPermit } from '../access/authorize.js';
import * as words from '../text/words.js';
import { demandPermit } from './demand-permit.js';
import type { Dom0Client } from './dom0-client.js';
import type { HostRequests } from './host-requests.js';

/** The screens of one host's consoles, as text. */
export class HostScreen {
  readonly #client: Dom0Client;
  readonly #requests: HostRequests;
  readonly #tells: () => boolean;

  /** @param tells whether the host answers for screens, as last heard; an older one does not */
  constructor(client: Dom0Client, requests: HostRequests, tells: () => boolean) {
    this.#client = client;
    this.#requests = requests;
    this.#tells = tells;
  }

  /** Reads a screen, with the proof that it may be watched. dom0 shows nothing from before the role began. */
  async read(demanded: DemandedPermit): Promise<ScreenView | Refusal> {
    demandPermit(demanded, ['watch']);
    const { domain, since } = demanded;
    if (!this.#tells()) return words.notOnThisHost(domain, 'reading the screen as text');
    const query = new URLSearchParams({ since });
    try {
      const path = `/domains/${encodeURIComponent(domain)}/screen?${query.toString()}`;
      const answer = await this.#client.ask('GET', path);
      return answer.ok ? readScreenView(answer.body) : this.#requests.refused(domain, answer.no);
    } catch (fault) {
      return this.#requests.unreachable(domain, fault);
    }
  }
}
