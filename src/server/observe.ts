/** GET /healthz, /readyz and /metrics, over plain HTTP. */
import type { RequestListener } from 'node:http';

export interface ObserveOptions {
  /** Sentences about what is not ready; none: ready. */
  notReady(): readonly string[];
  /** As healthy as it can be told from inside: false makes the kubelet restart the container. */
  alive(): boolean;
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
        if (options.alive()) say(200, 'ok\n');
        else say(503, 'the event loop or the lease is stuck\n');
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
