import { UsageHistory } from '../../server/store/usage-history.js';
import { domainName } from './temporary-store.js';

/**
 * Writes minutes without an end into the file that is named, and prints the number of each when it is written. All
 * domains have the minute's number as their CPU, so a torn minute shows.
 */
const [, , file = '', first = '', domains = ''] = process.argv;
const history = UsageHistory.open(file, (why) => {
  process.stdout.write(`anew ${why}\n`);
});
for (let minute = Number(first); ; minute += 1) {
  const points = Array.from({ length: Number(domains) }, (_, at) => {
    const value = minute - Number(first) + 1;
    const point = { cpuPercent: value, received: value, sent: null, diskRequests: null };
    return [{ domain: domainName(`domain-${at}`), uuid: null }, point] as const;
  });
  try {
    history.record(minute, new Map(points));
    process.stdout.write(`${minute}\n`);
  } catch (error) {
    process.stdout.write(`not written: ${(error as Error).message}\n`);
  }
}
