import { render } from 'preact';
import { Page } from './page.tsx';
import { hideToken } from './sources/host.ts';
import { begin } from './sources/ways-in.tsx';

const room = document.querySelector('#page');
if (room !== null) {
  hideToken();
  begin();
  render(<Page />, room);
}
