import type { BootProfileName, DomainName, Fingerprint, ImageName } from '../policy/names.js';
import { NORMAL } from '../policy/names.js';
import type { RefusalCode } from '../policy/refusal.js';
import { NOTICE_LABELS, NOTICES_HINT, NOTICES_LABEL } from './notice-words.js';
import type { MenuDomain, MenuImage, MenuProfile } from './menu-domain.js';
import type { Chosen, NoticeChange, OperateAction } from './port.js';
import { currentPage, findDomain } from './state.js';
import type { MenuState } from './state.js';
import { imageFacts } from './operation-words.js';
import { ACTION_LABELS, LABELS, NOT_NOW, actionHint } from './words.js';

/** Choices on a domain's page. */
type DomainAction = OperateAction | 'console' | 'watch' | 'log' | 'extend';

/** What the customer gets by choosing an entry. */
export type Choice =
  | { readonly choose: 'domain'; readonly domain: DomainName }
  | {
      readonly choose: 'action';
      readonly domain: DomainName;
      readonly action: DomainAction;
    }
  | {
      readonly choose: 'profile';
      readonly domain: DomainName;
      readonly profile: BootProfileName;
      /** Missing when there is nothing to choose. */
      readonly values?: Chosen;
    }
  | { readonly choose: 'image'; readonly domain: DomainName; readonly image: ImageName }
  | { readonly choose: 'key'; readonly fingerprint: Fingerprint }
  | { readonly choose: 'add-key' }
  | { readonly choose: 'page'; readonly page: 'keys' | 'notices' | 'activity' | 'help' }
  | { readonly choose: 'notices'; readonly change: NoticeChange }
  | { readonly choose: 'notice-text'; readonly of: 'address' | 'confirm' }
  | { readonly choose: 'quit' };

/** One choice on a page. The screen, the keys and the plain menu share this list. */
export interface Entry {
  /** Unique on its page, and stable when the page's facts change. */
  readonly id: string;
  /** The key that chooses it; empty when there is none. */
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  /** Why it cannot be chosen now; null when it can. */
  readonly refused: string | null;
  /** Shown instead of the hint: the reason, or a few words when the page itself gives the reason. */
  readonly mark: string | null;
  readonly choice: Choice;
}

const ACTION_KEYS: readonly (readonly [string, DomainAction])[] = [
  ['1', 'console'],
  ['2', 'start'],
  ['3', 'shutdown'],
  ['4', 'poweroff'],
  ['5', 'reboot'],
  ['6', 'rescue'],
  ['7', 'normal'],
  ['8', 'watch'],
  ['l', 'log'],
];

/** Only while a rescue has an end. */
const EXTEND_KEY: readonly [string, DomainAction] = ['m', 'extend'];
/** Only where the host has system images for the domain. */
const REINSTALL_KEY: readonly [string, DomainAction] = ['i', 'reinstall'];

export function entriesOf(state: MenuState): readonly Entry[] {
  const page = currentPage(state);
  switch (page.page) {
    case 'list':
      return [...state.domains.map(domainEntry), ...listCommonEntries(state)];
    case 'domain': {
      const domain = findDomain(state, page.domain);
      return [
        ...(domain === undefined ? [] : actionEntries(domain, state.escape.name)),
        ...commonEntries('9', '0', state),
      ];
    }
    case 'rescue': {
      const domain = findDomain(state, page.domain);
      return domain === undefined ? [] : waysToBoot(domain).map((way, at) => profileEntry(domain, way, at));
    }
    case 'reinstall': {
      const domain = findDomain(state, page.domain);
      return (domain?.images ?? []).map((image, at) => imageEntry(page.domain, image, at));
    }
    case 'keys':
      return [...keyEntries(state), ADD_KEY];
    case 'notices':
      return noticeEntries(state);
    case 'add-key':
    case 'notice-text':
    case 'log':
    case 'activity':
    case 'help':
      return [];
  }
}

/** The entries of the list below the domains. */
export function listCommonEntries(state: MenuState): readonly Entry[] {
  return commonEntries('s', 'a', state);
}

/** The index of the selected entry; 0 when that entry has gone. */
export function selectedIndex(entries: readonly Entry[], selected: string): number {
  return Math.max(
    0,
    entries.findIndex((entry) => entry.id === selected),
  );
}

/** The profiles that a rescue boot can use. */
export function rescueProfiles(domain: MenuDomain): readonly MenuProfile[] {
  return domain.profiles.filter((profile) => profile.name !== NORMAL);
}

/** Whether the customer may boot a rescue system now. */
export function canRescue(domain: MenuDomain): boolean {
  return domain.offers.rescue.offered && rescueProfiles(domain).some(({ refused }) => refused === null);
}

/** A profile, and the values that the customer chooses with it. */
interface WayToBoot {
  readonly profile: MenuProfile;
  readonly values: Chosen;
}

/** The most ways to boot one profile that are shown. */
const MOST_WAYS = 50;

/** The profiles, each with every choice among the values that are the customer's; what is set comes first. */
function waysToBoot(domain: MenuDomain): readonly WayToBoot[] {
  return rescueProfiles(domain).flatMap((profile) => {
    let ways: readonly Chosen[] = [{}];
    for (const { name, value, choices } of profile.parameters) {
      if (choices === null) continue;
      const rest = choices.filter((one) => one !== value);
      const ordered = value !== null && choices.includes(value) ? [value, ...rest] : rest;
      ways = ways.flatMap((way) => ordered.map((one) => ({ ...way, [name]: one }))).slice(0, MOST_WAYS);
    }
    return ways.map((values) => ({ profile, values }));
  });
}

/** Begins the id of a domain's entry. */
export const DOMAIN_ID = 'domain ';

/** The entry of a domain in the list. @param at its place, counted from 0 */
export function domainEntry(domain: MenuDomain, at: number): Entry {
  return {
    id: `${DOMAIN_ID}${domain.name}`,
    key: at < 9 ? `${at + 1}` : '',
    label: domain.name,
    hint: '',
    refused: null,
    mark: null,
    choice: { choose: 'domain', domain: domain.name },
  };
}

function actionEntries(domain: MenuDomain, escape: string): Entry[] {
  const keys = [
    ...ACTION_KEYS,
    ...((domain.images ?? []).length === 0 ? [] : [REINSTALL_KEY]),
    ...(domain.rescueEnd === null ? [] : [EXTEND_KEY]),
  ];
  return keys.map(([key, action]) => {
    const offer = domain.offers[action];
    return {
      id: action,
      key,
      label: ACTION_LABELS[action],
      hint: actionHint(action, domain.recorded, escape),
      refused: offer.offered ? null : offer.reason,
      mark: offer.offered ? null : isSaidAbove(domain, offer.code) ? NOT_NOW : offer.reason,
      choice: { choose: 'action', domain: domain.name, action },
    };
  });
}

/** Whether the page itself already says that the host does not answer, or that there is none. */
function isSaidAbove(domain: MenuDomain, code: RefusalCode): boolean {
  return (
    !domain.reachable &&
    (code === 'host-unreachable' || (code === 'not-on-this-host' && domain.lack !== undefined))
  );
}

function profileEntry(domain: MenuDomain, { profile, values }: WayToBoot, at: number): Entry {
  const chosen = profile.parameters.flatMap(({ name, title }) =>
    values[name] === undefined ? [] : [`${title}: ${values[name]}`],
  );
  return {
    id: [profile.name, ...Object.values(values)].join(' '),
    key: at < 9 ? `${at + 1}` : '',
    label: [profile.title, ...chosen].join(', '),
    hint: profile.disks,
    refused: profile.refused,
    mark: profile.refused,
    choice: {
      choose: 'profile',
      domain: domain.name,
      profile: profile.name,
      ...(chosen.length === 0 ? {} : { values }),
    },
  };
}

function imageEntry(domain: DomainName, image: MenuImage, at: number): Entry {
  return {
    id: image.name,
    key: at < 9 ? `${at + 1}` : '',
    label: image.title,
    hint: imageFacts(image),
    refused: image.refused,
    mark: image.refused,
    choice: { choose: 'image', domain, image: image.name },
  };
}

function keyEntries(state: MenuState): Entry[] {
  return (state.keys ?? []).map((key, at) => ({
    id: key.fingerprint,
    key: at < 9 ? `${at + 1}` : '',
    label: key.comment === '' ? key.type : key.comment,
    hint: key.fingerprint,
    refused: null,
    mark: null,
    choice: { choose: 'key', fingerprint: key.fingerprint },
  }));
}

const ADD_KEY: Entry = {
  id: 'add-key',
  key: 'a',
  label: LABELS.addKey,
  hint: LABELS.addKeyHint,
  refused: null,
  mark: null,
  choice: { choose: 'add-key' },
};

/** The choices that make sense as it is now. */
function noticeEntries({ notices }: MenuState): Entry[] {
  if (notices === null) return [];
  const { address, on, asked } = notices;
  const texts = (['confirm', 'address'] as const).filter((of) => of === 'address' || asked !== null);
  const changes: NoticeChange[] = [
    ...(address === null ? [] : on ? (['off', 'test'] as const) : (['on'] as const)),
    ...(address === null && asked === null ? [] : (['forget'] as const)),
  ];
  const choices: readonly (readonly [id: keyof typeof NOTICE_LABELS, choice: Choice])[] = [
    ...texts.map((of) => [of, { choose: 'notice-text', of }] as const),
    ...changes.map((change) => [change, { choose: 'notices', change }] as const),
  ];
  return choices.map(([id, choice], at) => {
    const [label, hint] = NOTICE_LABELS[id];
    return { id, key: `${at + 1}`, label, hint, refused: null, mark: null, choice };
  });
}

function commonEntries(keysKey: string, activityKey: string, { hasNotices }: MenuState): Entry[] {
  const page = (
    id: 'keys' | 'notices' | 'activity' | 'help',
    key: string,
    label: string,
    hint: string,
  ): Entry => ({
    id,
    key,
    label,
    hint,
    refused: null,
    mark: null,
    choice: { choose: 'page', page: id },
  });
  return [
    page('keys', keysKey, LABELS.keys, LABELS.keysHint),
    page('activity', activityKey, LABELS.activity, LABELS.activityHint),
    ...(hasNotices === true ? [page('notices', 'n', NOTICES_LABEL, NOTICES_HINT)] : []),
    page('help', '?', LABELS.help, LABELS.helpHint),
    {
      id: 'quit',
      key: 'q',
      label: LABELS.quit,
      hint: LABELS.quitHint,
      refused: null,
      mark: null,
      choice: { choose: 'quit' },
    },
  ];
}
