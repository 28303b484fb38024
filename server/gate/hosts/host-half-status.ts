import { readHalfStatus } from '../../wire/half-status.js';
import type { HalfStatus } from '../../wire/half-status.js';
import type { Dom0Client } from './dom0-client.js';

/** Asks a host's half about itself. @returns null when it does not answer in time, or is older than the question */
export async function askHalfStatus(host: Dom0Client): Promise<HalfStatus | null> {
  try {
    const answer = await host.ask('GET', '/status');
    return answer.ok ? readHalfStatus(answer.body) : null;
  } catch {
    return null;
  }
}
