import { readHostUsage } from '../../wire/usage.js';
import type { HostUsage } from '../../wire/usage.js';
import type { Dom0Client } from './dom0-client.js';

/** Asks a host what its domains have used. @returns null when it does not answer in time, or not understandably */
export async function askHostUsage(host: Dom0Client): Promise<HostUsage | null> {
  try {
    const answer = await host.ask('GET', '/usage');
    return answer.ok ? readHostUsage(answer.body) : null;
  } catch {
    return null;
  }
}
