import { GUEST_TYPES } from '../../policy/guest-type.js';
import type { GuestType } from '../../policy/guest-type.js';
import { isParameterValue, MOST_PARAMETERS } from '../../policy/boot-parameter.js';
import { parseImageName, parseParameterName } from '../../policy/names.js';
import { printable } from '../../policy/printable.js';
import {
  AnswerError,
  amount,
  fields,
  firstOf,
  flag,
  list,
  orAbsent,
  orNull,
  parsed,
  profileName,
  sentence,
  string,
  text,
} from './answer-fields.js';
import type { Fields } from './answer-fields.js';
import { MOST_UNMANAGED, VERBS, WIRE_VERSION } from './contract.js';
import type { Contract, ImageOffer, ParameterOffer, ProfileOffer } from './contract.js';
import { AT_ENDS } from './rescue-end.js';
import { SEED_KEYS } from './seed-key.js';
import { TEXT_LIMITS } from './text-limits.js';

const MOST_TROUBLES = 100;

/** @throws AnswerError, also for a version that this gate does not speak */
export function readContract(value: unknown): Contract {
  const from = fields(value, 'contract');
  if (from['version'] !== WIRE_VERSION) {
    throw new AnswerError(
      `it speaks version ${printable(String(from['version']), 20)}, this gate speaks ${WIRE_VERSION}`,
    );
  }
  const console = fields(from['console'], 'console');
  const verbs = list(from, 'verbs', 100);
  return {
    version: WIRE_VERSION,
    host: text(from, 'host', TEXT_LIMITS.host),
    verbs: VERBS.filter((verb) => verbs.includes(verb)),
    profiles: list(from, 'profiles', 100).map(readProfile),
    ...orAbsent(from, 'images', {}, (_, key) => ({ images: list(from, key, 100).map(readImage) })),
    names: orAbsent(from, 'names', false, flag),
    ...orAbsent(from, 'rescueEnds', {}, (_, key) => ({ rescueEnds: flag(from, key) })),
    ...orAbsent(from, 'withdrawals', {}, (_, key) => ({ withdrawals: flag(from, key) })),
    ...orAbsent(from, 'usage', {}, (_, key) => ({ usage: flag(from, key) })),
    ...orAbsent(from, 'looks', {}, (_, key) => ({ looks: flag(from, key) })),
    console: {
      passesEscape: flag(console, 'passesEscape'),
      sysrqKeys: list(console, 'sysrqKeys', 36).filter(isSysrqKey),
      log: orAbsent(console, 'log', false, flag),
      screenText: orAbsent(console, 'screenText', false, flag),
      ...orAbsent(console, 'fromBoot', {}, (_, key) => ({ fromBoot: flag(console, key) })),
      ...orAbsent(console, 'logSpans', {}, (_, key) => ({ logSpans: flag(console, key) })),
      ...orAbsent(console, 'screen', {}, (_, key) => ({ screen: flag(console, key) })),
    },
    troubles: orAbsent(from, 'troubles', [], (_, key) =>
      firstOf(from, key, MOST_TROUBLES).map((trouble) => sentence({ trouble }, 'trouble')),
    ),
    unmanaged: orAbsent(from, 'unmanaged', [], (_, key) =>
      firstOf(from, key, MOST_UNMANAGED).map((entry) => {
        const file = fields(entry, 'unmanaged file');
        return { file: text(file, 'file', TEXT_LIMITS.file), why: text(file, 'why', TEXT_LIMITS.reason) };
      }),
    ),
  };
}

function isSysrqKey(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9]$/.test(value);
}

function readProfile(value: unknown): ProfileOffer {
  const from = fields(value, 'profile');
  return {
    name: profileName(from, 'name'),
    title: text(from, 'title', TEXT_LIMITS.title),
    disks: sentence(from, 'disks'),
    hint: sentence(from, 'hint'),
    ...orAbsent(from, 'types', {}, (_, key) => ({ types: guestTypes(from, key) })),
    parameters: orAbsent(from, 'parameters', [], (_, key) =>
      list(from, key, MOST_PARAMETERS).map(readParameter),
    ),
    ...orAbsent(from, 'keep', {}, (_, key) => ({ keep: flag(from, key) })),
    ...orAbsent(from, 'atEnd', {}, (_, key) => ({
      atEnd: AT_ENDS.find((known) => known === from[key]) ?? ('poweroff' as const),
    })),
    ...orAbsent(from, 'seed', {}, (_, key) => readSeed(from[key])),
  };
}

function readImage(value: unknown): ImageOffer {
  const from = fields(value, 'image');
  return {
    name: parsed(parseImageName(string(from, 'name')), 'name'),
    title: text(from, 'title', TEXT_LIMITS.title),
    minimumMiB: orNull(from, 'minimumMiB', amount),
    ...orAbsent(from, 'needsBytes', {}, (_, key) => ({ needsBytes: amount(from, key) })),
    ...orAbsent(from, 'seed', {}, (_, key) => readSeed(from[key])),
  };
}

/** Types that this gate does not know are left out. */
function guestTypes(from: Fields, key: string): readonly GuestType[] {
  const types = list(from, key, 100);
  return GUEST_TYPES.filter((type) => types.includes(type));
}

/** A gate that does not know whose keys are meant sends none. */
function readSeed(value: unknown): Pick<ProfileOffer, 'seed'> {
  const seed = SEED_KEYS.find((known) => known === value);
  return seed === undefined ? {} : { seed };
}

function readParameter(value: unknown): ParameterOffer {
  const from = fields(value, 'parameter');
  return {
    name: parsed(parseParameterName(string(from, 'name')), 'name'),
    title: text(from, 'title', TEXT_LIMITS.title),
    values: orNull(from, 'values', (_, key) => list(from, key, 1000).map(parameterValue)),
    default: orNull(from, 'default', (_, key) => parameterValue(from[key])),
    // Without a closed list there is nothing to choose from.
    ...(from['chooser'] === 'customer' && from['values'] !== null ? { chooser: 'customer' } : {}),
  };
}

function parameterValue(value: unknown): string {
  if (typeof value !== 'string' || !isParameterValue(value)) throw new AnswerError('no value of a parameter');
  return value;
}
