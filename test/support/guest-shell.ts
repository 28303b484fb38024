import type { House } from './house.js';

let asked = 0;

/** Runs commands in a guest's shell: types them on its console, waits until all have ended, and leaves. */
export async function inGuest(
  house: House,
  customer: string,
  domain: string,
  ...commands: readonly string[]
): Promise<void> {
  const console = house.terminal(customer, `${domain} console`, { columns: 200 });
  console.type('\r');
  await console.sees(/(login:|#) *$/);
  if (!/# *$/.test(console.screen)) console.type('root\r');
  await console.sees(/# *$/);
  for (const command of commands) {
    asked += 1;
    console.type(`${command}\r`);
    // The typed line is echoed, so only the shell's output shows that it arrived.
    console.type(`echo -e '\\x66inished-${asked}'\r`);
    await console.receives(`finished-${asked}\r\n`);
  }
  console.type('\x1d.');
  await console.ends();
}
