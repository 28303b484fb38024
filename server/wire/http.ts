/**
 * node:http without loading anything else. If it is imported as a module, Node 24 reads all of its
 * properties, which loads `fetch` and `WebSocket`: 30 ms of CPU time at each start of a command.
 */
export const { createServer, request } = process.getBuiltinModule('node:http');
