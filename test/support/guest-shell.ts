import type { House } from './house.js';

let asked = 0;

/** Has commands run in the shell of a guest, typed on its console by somebody who then leaves; all of them have ended by then. */
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
    // What is typed is echoed: only what the shell makes of it says that it got there.
    console.type(`echo -e '\\x66inished-${asked}'\r`);
    await console.receives(`finished-${asked}\r\n`);
  }
  console.type('\x1d.');
  await console.ends();
}
