import { render } from 'preact';
import { App } from './app.tsx';
import { startRouter } from './router.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/runs.css';
import './styles/new-run.css';
import './styles/run.css';
import './styles/compare.css';

startRouter();
render(<App />, document.getElementById('app')!);
