import { render } from 'preact';
import { App } from './app.tsx';
import { fetchPagesWhenIdle } from './pages.ts';
import { startRouter } from './router.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';

startRouter();
render(<App />, document.getElementById('app')!);
fetchPagesWhenIdle();
