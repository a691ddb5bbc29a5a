// Asks PostgreSQL, over its own wire protocol, whether it speaks it: the SSLRequest of the start-up phase is
// answered with one byte, S or N. Keeps the example free of dependencies.
import { connect } from 'node:net';

export function probe({ host, port, timeout = 5000 }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      const request = Buffer.alloc(8);
      request.writeInt32BE(8, 0);
      request.writeInt32BE(80877103, 4);
      socket.write(request);
    });
    socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout} ms`)));
    socket.once('data', (data) => {
      socket.end();
      resolve(data.toString('latin1', 0, 1));
    });
    socket.once('error', reject);
  });
}
