import { mount } from 'svelte';
import '../app.css';
import './observatory.css';
import Observatory from './components/Observatory.svelte';
import { Observatory as State } from './state/observatory.svelte';

const state = new State();
state.start();

const target = document.querySelector('#app');
if (target) mount(Observatory, { target, props: { state } });
