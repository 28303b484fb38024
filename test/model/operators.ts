import type { DomainName } from '../../policy/names.js';
import { isRunning } from './guest.js';
import type { Guest } from './guest.js';
import { derivedName } from './model-host.js';
import type { ModelHost } from './model-host.js';
import type { World } from './world.js';

/** An operator's acts: with xl by hand, or on a configuration file. */
export const OPERATOR_ACTS = [
  'create',
  'create -p',
  'destroy',
  'pause',
  'unpause',
  'rename',
  'shutdown',
  'migrate away',
  'migrate here',
  'remove the file',
  'restore the file',
  'unmount the files',
  'mount the files',
] as const;

export type OperatorAct = (typeof OPERATOR_ACTS)[number];

export function operate(world: World, act: OperatorAct, name: DomainName): void {
  const { host } = world;
  world.say(`an operator does: ${act} ${name}`);
  if (!host.isUp) return;
  if (act === 'remove the file') host.configs.remove(name);
  if (act === 'restore the file') host.configs.restore(name);
  if (act === 'unmount the files') host.configs.mount(false);
  if (act === 'mount the files') host.configs.mount(true);
  const guest = host.named(name);
  if (act === 'create') made(host, name, false);
  if (act === 'create -p') made(host, name, true);
  if (act === 'migrate here') arrives(host, name);
  if (guest !== undefined) doneTo(host, guest, act);
}

function doneTo(host: ModelHost, guest: Guest, act: OperatorAct): void {
  switch (act) {
    case 'destroy':
      host.vanish(guest);
      return;
    case 'pause':
      if (guest.built) host.pause(guest);
      return;
    case 'unpause':
      if (guest.built) host.unpause(guest);
      return;
    case 'rename':
      guest.name = derivedName(guest.name, '-old');
      guest.isByHand = true;
      return;
    case 'shutdown':
      host.ask(guest, 'poweroff');
      return;
    case 'migrate away':
      if (!isRunning(guest)) return;
      guest.name = derivedName(guest.name, '--migratedaway');
      host.pause(guest);
      host.after(3_000, () => {
        host.vanish(guest);
      });
      return;
    default:
  }
}

function made(host: ModelHost, name: DomainName, paused: boolean): Guest | null {
  const config = host.configs.file(`/etc/xen/${name}.cfg`);
  const isTaken = host.guests.some((each) => each.name === name || each.uuid === config?.uuid);
  if (config === undefined || isTaken) return null;
  const guest = host.appear({
    name,
    uuid: config.uuid ?? host.newUuid(),
    line: host.newLine(),
    maker: { who: 'operator' },
    shape: config.boot,
  });
  host.after(host.chance.between(500, 5_000), () => {
    guest.built = true;
    if (!paused && guest.goneAt === null) host.unpause(guest);
  });
  return guest;
}

/** Arrives as by `xl migrate` from another host: it is NAME--incoming until it runs. */
function arrives(host: ModelHost, name: DomainName): void {
  const incoming = derivedName(name, '--incoming');
  if (host.named(name) !== undefined || host.named(incoming) !== undefined) return;
  const guest = made(host, name, true);
  if (guest === null) return;
  guest.name = incoming;
  host.after(6_000, () => {
    if (guest.goneAt !== null || host.named(name) !== undefined) return;
    guest.name = name;
    host.unpause(guest);
  });
}
