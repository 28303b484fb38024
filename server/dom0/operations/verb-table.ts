import type { DomainState } from '../../../policy/domain-state.js';
import type { RefusalCode } from '../../../policy/refusal.js';
import type { Verb } from '../../wire/contract.js';

/** What a verb does in a state: it goes ahead, it is so already, or it is refused with this sentence. */
type Cell =
  | { readonly does: 'go' | 'already' }
  | { readonly does: 'refuse'; readonly code: RefusalCode; readonly message: string };

const go: Cell = { does: 'go' };
const already: Cell = { does: 'already' };
const refuse = (message: string, code: RefusalCode = 'wrong-state'): Cell => ({
  does: 'refuse',
  code,
  message,
});

const paused = (what: string): Cell =>
  refuse(`It is paused by the host's operators, so it cannot be ${what}. Power off is possible.`);
const crashed = (what: string): Cell =>
  refuse(`It has crashed and is kept as it was, so it cannot be ${what}. Power it off first.`);
const rebooting = refuse('It is rebooting. Wait until it is up, or power it off.');
const ending = refuse('It is shutting down. Wait until it is off.');
const off = (what: string): Cell => refuse(`It is off, so it cannot be ${what}.`);
const unknown = refuse(
  "The host's Xen does not answer at the moment, so nothing can be done.",
  'toolstack-timeout',
);

/**
 * State × verb. `normal` on a domain that runs its own configuration is `already`, whatever the table says. A
 * graceful end needs a guest that can answer: a paused or crashed one would block the toolstack for a minute.
 */
export const VERB_TABLE: Readonly<Record<DomainState, Readonly<Record<Verb, Cell>>>> = {
  running: {
    start: already,
    shutdown: go,
    poweroff: go,
    reboot: go,
    rescue: go,
    normal: go,
    reinstall: go,
    sysrq: go,
  },
  paused: {
    start: paused('started'),
    shutdown: paused('shut down'),
    poweroff: go,
    reboot: paused('rebooted'),
    rescue: paused('shut down for rescue'),
    normal: paused('shut down'),
    reinstall: paused('shut down'),
    sysrq: paused('sent a key'),
  },
  'shutting-down': {
    start: ending,
    shutdown: go,
    poweroff: go,
    reboot: ending,
    rescue: go,
    normal: go,
    reinstall: go,
    sysrq: ending,
  },
  rebooting: {
    start: already,
    shutdown: rebooting,
    poweroff: go,
    reboot: already,
    rescue: rebooting,
    normal: rebooting,
    reinstall: rebooting,
    sysrq: rebooting,
  },
  crashed: {
    start: crashed('started'),
    shutdown: crashed('shut down'),
    poweroff: go,
    reboot: crashed('rebooted'),
    rescue: crashed('booted'),
    normal: crashed('booted'),
    reinstall: crashed('reinstalled'),
    sysrq: crashed('sent a key'),
  },
  off: {
    start: go,
    shutdown: already,
    poweroff: already,
    reboot: off('rebooted. Start it'),
    rescue: go,
    normal: go,
    reinstall: go,
    sysrq: off('sent a key'),
  },
  unknown: {
    start: unknown,
    shutdown: unknown,
    poweroff: unknown,
    reboot: unknown,
    rescue: unknown,
    normal: unknown,
    reinstall: unknown,
    sysrq: unknown,
  },
};
