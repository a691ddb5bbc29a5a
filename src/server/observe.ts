/** GET /healthz, /readyz and /metrics, over plain HTTP. */
import type { RequestListener } from 'node:http';

export interface ObserveOptions {
  /** Sentences about what is not ready; none: ready. */
  notReady(): readonly string[];
  metrics(): Promise<{ contentType: string; text: string }>;
}

export function observeHandler(options: ObserveOptions): RequestListener {
  return (request, response) => {
    const say = (code: number, text: string, contentType = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'Content-Type': contentType }).end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      say(405, 'only GET\n');
      return;
    }
    switch ((request.url ?? '').split('?')[0] ?? '') {
      case '/healthz':
        // That it answers says that the event loop turns; who loses the lease stands for it again by itself.
        say(200, 'ok\n');
        return;
      case '/readyz': {
        const missing = options.notReady();
        say(missing.length === 0 ? 200 : 503, missing.length === 0 ? 'ok\n' : `${missing.join('\n')}\n`);
        return;
      }
      case '/metrics':
        options.metrics().then(
          ({ contentType, text }) => say(200, text, contentType),
          (error: unknown) => say(500, `${String(error)}\n`),
        );
        return;
      default:
        say(404, 'there are /healthz, /readyz and /metrics\n');
    }
  };
}
