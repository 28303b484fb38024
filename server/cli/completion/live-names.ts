import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ControlClient } from '../../gate/control/control-client.js';
import type { DomainView } from '../../wire/domain.js';
import { askDom0 } from '../console/dom0-socket.js';
import { adminName } from '../admin/admin-name.js';
import type { Candidate } from './wanted.js';

/** How the gate is asked for the names that a placeholder stands for. */
interface Source {
  /** The request; undefined when it depends on an argument that is not there. */
  path(given: ReadonlyMap<string, string>): string | undefined;
  /** The key of the list in the answer. */
  readonly list: string;
  readonly word: string;
  /** The fields that say more about it. */
  readonly about: readonly string[];
}

const ofCustomer = (path: (customer: string) => string): Source['path'] => {
  return (given) => {
    const customer = given.get('customer');
    return customer === undefined ? undefined : path(encodeURIComponent(customer));
  };
};

const SOURCES: Readonly<Record<string, Source>> = {
  customer: { path: () => '/customers', list: 'customers', word: 'name', about: [] },
  domain: { path: () => '/domains', list: 'domains', word: 'name', about: [] },
  session: { path: () => '/sessions', list: 'sessions', word: 'id', about: ['customer', 'what'] },
  channel: { path: () => '/notices', list: 'channels', word: 'name', about: ['type'] },
  recording: { path: () => '/recordings', list: 'recordings', word: 'id', about: ['customer', 'domain'] },
  fingerprint: {
    path: ofCustomer((customer) => `/customers/${customer}/keys`),
    list: 'keys',
    word: 'fingerprint',
    about: ['type', 'comment'],
  },
};

/** The domains of this Xen host, for a command that asks the dom0 half. None when it does not answer. */
export async function namesOfHost(settings: string): Promise<readonly Candidate[]> {
  const loaded = loadDom0Settings(settings);
  if (!loaded.ok) return [];
  try {
    const { domains } = (await askDom0(loaded.settings.socket, 'GET', '/domains')) as {
      readonly domains: readonly DomainView[];
    };
    return domains.map(({ name, observation }) => ({ word: name, about: observation.state }));
  } catch {
    return [];
  }
}

/** More would only fill the screen. */
const MOST = 2_000;

/**
 * The names that the running gate knows for a placeholder: customers, domains, sessions … None when there is no gate
 * or it may not be asked: a shell that completes must not print an error.
 *
 * @param given the arguments before
 * @param settings the gate's settings file
 */
export async function liveNames(
  noun: string,
  given: ReadonlyMap<string, string>,
  settings: string,
): Promise<readonly Candidate[]> {
  const source = Object.hasOwn(SOURCES, noun) ? SOURCES[noun] : undefined;
  const path = source?.path(given);
  if (source === undefined || path === undefined) return [];
  const loaded = loadGateSettings(settings);
  if (!loaded.ok) return [];
  try {
    const answer = await new ControlClient(loaded.settings.controlSocket, adminName()).ask('GET', path);
    if (isRefusal(answer)) return [];
    const list = (answer as Readonly<Record<string, unknown>>)[source.list];
    if (!Array.isArray(list)) return [];
    return (list as readonly Readonly<Record<string, unknown>>[]).slice(0, MOST).map((one) => ({
      word: textOf(one[source.word]),
      about: source.about.map((field) => textOf(one[field])).join(' '),
    }));
  } catch {
    return [];
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
