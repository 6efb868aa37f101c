/** The sections of the documentation. Every route belongs to one of them, or is hidden. */
export const TAGS = {
  runs: 'Submit training jobs, and manage their runs.',
  stream: 'What a run reports while it trains.',
  history: 'What a run has reported so far.',
  neurons: 'Health of every neuron, the causes of deaths, and advice.',
  models: 'Trained models: download them, or run them.',
  archives: 'Whole experiments as files, from one service to another.',
  datasets: 'Built-in and uploaded data sets.',
  views: 'Saved views of the dashboard.',
  sharing: 'Links that show a run to others, and comments.',
  audit: 'Who changed what.',
  projects: 'What runs, data sets and views belong to, and who may do what there.',
  webhooks: 'What happens to runs, sent to other services.',
  people: 'Sign-in, people, keys and invitations.',
  engines: 'The engines that can train on this machine.',
  operations: 'Health checks and metrics for operators.',
} as const;
export type Tag = keyof typeof TAGS;

export const isTag = (name: string): name is Tag => Object.hasOwn(TAGS, name);
