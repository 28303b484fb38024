import type { Dom0Health } from '../../dom0/dom0-health.js';
import type { HalfHealth } from './service-manager.js';

/** A look takes at most this long: each call of the toolstack has its own time limit. Milliseconds. */
const LONGEST_LOOK_MS = 60_000;

/**
 * The dom0 half for `systemctl status`. It is stuck when its looks at the toolstack do not end. A toolstack that fails
 * is no reason for a new start: consoles and the log go on.
 *
 * @param health null when it does not serve
 * @param intervalSeconds between two looks
 * @param more what else an admin must see to, a sentence each
 */
export function dom0Health(
  health: Dom0Health | null,
  intervalSeconds: number,
  more: readonly string[] = [],
): HalfHealth {
  if (health === null) return { status: 'Starting or stopping.', stuck: null };
  const { domains, attached, underWay, sinceLook, troubles } = health;
  const isStuck = sinceLook > intervalSeconds * 1000 + LONGEST_LOOK_MS;
  const seconds = Math.round(sinceLook / 1000);
  return {
    status: [
      `Domains: ${domains}. Consoles attached: ${attached}. Operations under way: ${underWay}.`,
      ...troubles.map((trouble) => (/[.!?]$/.test(trouble) ? trouble : `${trouble}.`)),
      ...more,
    ].join(' '),
    stuck: isStuck ? `The look at the domains that began ${seconds} s ago has not ended.` : null,
  };
}
