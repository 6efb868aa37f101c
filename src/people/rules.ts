/**
 * What each route needs: the one table from an action to the least role. With a route that is not in it
 * the service does not start. Only the files of the dashboard are in no need of a rule.
 */
import type { ProjectRole } from '../vocabulary/index.ts';

/**
 * `public`: nothing. `person`: somebody who is signed in, or a key. `owner`: an owner. A role: that role at least in the
 * project to which the thing belongs that the request names, or, of a list, in every project of which something is listed.
 */
export type Rule = 'public' | 'person' | 'owner' | ProjectRole;

export const RULES = {
  'GET /openapi.json': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /metrics': 'owner',
  'GET /v1/engines': 'person',

  'GET /v1/session': 'public',
  'POST /v1/session': 'public',
  'DELETE /v1/session': 'public',
  'GET /v1/session/oidc': 'public',
  'GET /v1/session/oidc/callback': 'public',
  'GET /v1/sessions': 'person',
  'DELETE /v1/sessions/:id': 'person',
  'GET /v1/me': 'person',
  'POST /v1/me/password': 'person',
  'GET /v1/keys': 'person',
  'POST /v1/keys': 'person',
  'DELETE /v1/keys/:id': 'person',
  'GET /v1/people': 'owner',
  'POST /v1/people': 'owner',
  'PATCH /v1/people/:id': 'owner',
  'GET /v1/invitations': 'person',
  'POST /v1/invitations': 'person',
  'DELETE /v1/invitations/:id': 'person',
  'POST /v1/invitations/look': 'public',
  'POST /v1/invitations/accept': 'public',

  'GET /v1/runs': 'viewer',
  'GET /v1/runs/groups': 'viewer',
  'POST /v1/runs': 'member',
  'GET /v1/runs/:id': 'viewer',
  'PATCH /v1/runs/:id': 'member',
  'DELETE /v1/runs/:id': 'member',
  'POST /v1/runs/:id/cancel': 'member',
  'POST /v1/runs/:id/pause': 'member',
  'POST /v1/runs/:id/resume': 'member',
  'POST /v1/runs/:id/fork': 'member',
  'GET /v1/runs/:id/stream': 'viewer',
  'GET /v1/runs/:id/metrics': 'viewer',
  'GET /v1/runs/:id/events': 'viewer',
  'GET /v1/runs/:id/snapshots': 'viewer',
  'GET /v1/runs/:id/checkpoints': 'viewer',
  'GET /v1/runs/:id/histograms': 'viewer',
  'GET /v1/runs/:id/layers': 'viewer',
  'GET /v1/runs/:id/neurons': 'viewer',
  'GET /v1/runs/:id/diagnosis': 'viewer',
  'GET /v1/runs/:id/evaluation': 'viewer',
  'GET /v1/runs/:id/confusion': 'viewer',
  'GET /v1/runs/:id/samples': 'viewer',
  'GET /v1/runs/:id/model': 'viewer',
  'GET /v1/runs/:id/model/tfjs/model.json': 'viewer',
  'GET /v1/runs/:id/model/tfjs/weights.bin': 'viewer',
  'POST /v1/runs/:id/predict': 'viewer',
  'POST /v1/runs/:id/trials': 'member',
  'GET /v1/runs/:id/trials': 'viewer',
  'DELETE /v1/runs/:id/trials': 'member',
  'GET /v1/experiments/:name/archive': 'viewer',
  'POST /v1/archives': 'member',

  'GET /v1/datasets': 'viewer',
  'POST /v1/datasets': 'member',
  'GET /v1/datasets/:id': 'viewer',
  'GET /v1/datasets/:id/preview': 'viewer',
  'GET /v1/datasets/:id/versions': 'viewer',
  'PATCH /v1/datasets/:id': 'member',
  'DELETE /v1/datasets/:id': 'member',

  'GET /v1/views': 'viewer',
  'POST /v1/views': 'member',
  'PATCH /v1/views/:id': 'member',
  'DELETE /v1/views/:id': 'member',

  'GET /v1/runs/:id/comments': 'viewer',
  'POST /v1/runs/:id/comments': 'member',
  'PATCH /v1/runs/:id/comments/:comment': 'member',
  'DELETE /v1/runs/:id/comments/:comment': 'member',
  'GET /v1/me/mentions': 'person',
  'POST /v1/share-links': 'member',
  'GET /v1/share-links': 'viewer',
  'GET /v1/share-links/current': 'viewer',
  'DELETE /v1/share-links/:id': 'member',

  'GET /v1/audit': 'admin',

  'GET /v1/projects': 'person',
  'POST /v1/projects': 'owner',
  'GET /v1/projects/:id': 'viewer',
  'PATCH /v1/projects/:id': 'admin',
  'DELETE /v1/projects/:id': 'admin',
  'GET /v1/projects/:id/members': 'viewer',
  'POST /v1/projects/:id/members': 'admin',
  'DELETE /v1/projects/:id/members/:person': 'admin',

  'GET /v1/me/limits': 'person',
  'GET /v1/projects/:id/usage': 'viewer',
  'GET /v1/projects/:id/retention': 'admin',
  'GET /v1/people/:id/export': 'person',
  'DELETE /v1/people/:id': 'person',

  'GET /v1/webhooks': 'admin',
  'POST /v1/webhooks': 'admin',
  'GET /v1/webhooks/:id': 'admin',
  'PATCH /v1/webhooks/:id': 'admin',
  'DELETE /v1/webhooks/:id': 'admin',
  'POST /v1/webhooks/:id/test': 'admin',
  'GET /v1/webhooks/:id/deliveries': 'admin',
  'POST /v1/webhooks/:id/deliveries/:delivery/replay': 'admin',
} as const satisfies Record<string, Rule>;

/**
 * What a share link may ask for, of its runs only. Neither data nor models: whoever made it has shared what was reported.
 * What is not in this list is refused.
 */
export const SHARED_ACTIONS: ReadonlySet<string> = new Set<keyof typeof RULES>([
  'GET /v1/runs',
  'GET /v1/runs/:id',
  'GET /v1/runs/:id/stream',
  'GET /v1/runs/:id/metrics',
  'GET /v1/runs/:id/events',
  'GET /v1/runs/:id/snapshots',
  'GET /v1/runs/:id/checkpoints',
  'GET /v1/runs/:id/histograms',
  'GET /v1/runs/:id/layers',
  'GET /v1/runs/:id/neurons',
  'GET /v1/runs/:id/diagnosis',
  'GET /v1/runs/:id/evaluation',
  'GET /v1/runs/:id/trials',
  'GET /v1/share-links/current',
]);

export type Action = keyof typeof RULES;
export const isAction = (name: string): name is Action => Object.hasOwn(RULES, name);
