/** The API server did not let a stage's pod be created: said by name at once, waited for while it can heal. */
import type { CreateRefusal } from '../decide-types.ts';
import { because, cut } from '../text.ts';

export interface Refused {
  reason: string;
  message: string;
  /** No waiting can help. */
  never: boolean;
}

export function refusalOf({ code, reason, message }: CreateRefusal): Refused {
  const why = because(cut(message, 600));
  const refused = (name: string, what: string, never = false): Refused => ({
    reason: name,
    message: `${what}${why}.`,
    never,
  });
  if (code === 422 || code === 400 || code === 413)
    return refused('PodInvalid', "The API server cannot accept the stage's pod", true);
  if (message.includes('violates PodSecurity'))
    return refused('PodSecurity', "The namespace's Pod Security level forbids the stage's pod", true);
  if (message.includes('exceeded quota'))
    return refused('QuotaExceeded', "The namespace's quota has no room for the stage's pod");
  if (message.includes('failed quota') || message.includes('must specify'))
    return refused(
      'QuotaUnmet',
      "The namespace's quota asks for requests or limits that the stage does not set",
      true,
    );
  if (/serviceaccount .*not found/i.test(message))
    return refused('ServiceAccountMissing', "The stage's service account does not exist");
  if (message.includes('being terminated'))
    return refused('NamespaceTerminating', 'The namespace is being deleted', true);
  if (code === 404) return refused('NamespaceMissing', 'Something that the pod needs does not exist');
  if (reason === 'AlreadyExists') return refused('PodNameTaken', "The stage's pod cannot have its name");
  if (message.includes('webhook'))
    return refused('AdmissionDenied', "An admission webhook refused the stage's pod");
  return refused('PodRefused', "The API server refused the stage's pod");
}
