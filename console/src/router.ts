import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router';
import { asScreen } from '@/api/http';
import type { Role } from '@/api/types';
import { screenOf } from '@/logic/wall';
import { session } from '@/state/session';

const staff: Role[] = ['admin', 'operator', 'supervisor', 'dispatcher'];
const everyone: Role[] = [...staff, 'unit'];
const admin: Role[] = ['admin'];

declare module 'vue-router' {
  interface RouteMeta {
    roles?: Role[];
    /** Whom the navigation offers it to, where more may open it. */
    offeredTo?: Role[];
    /** The page fills the screen, without the console's frame. */
    bare?: boolean;
    /** The page needs the width: the navigation shows its icons only. */
    narrowNav?: boolean;
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('@/pages/LoginPage.vue') },
  { path: '/', name: 'home', redirect: () => ({ name: homeOf(session.role.value) }) },
  { path: '/live', name: 'live', component: () => import('@/pages/LivePage.vue'), meta: { roles: staff } },
  {
    path: '/desk',
    name: 'desk',
    component: () => import('@/pages/DeskPage.vue'),
    // A supervisor comes here with a call that was taken over.
    meta: { roles: ['operator', 'supervisor', 'admin'], offeredTo: ['operator'], narrowNav: true },
  },
  {
    path: '/supervise',
    name: 'supervise',
    component: () => import('@/pages/SupervisePage.vue'),
    meta: { roles: ['supervisor', 'admin'] },
  },
  {
    path: '/wall',
    name: 'wall',
    component: () => import('@/pages/WallPage.vue'),
    meta: { roles: staff, bare: true },
  },
  {
    path: '/inbox',
    name: 'inbox',
    component: () => import('@/pages/InboxPage.vue'),
    meta: { roles: everyone },
  },
  {
    path: '/tickets',
    name: 'tickets',
    component: () => import('@/pages/TicketsPage.vue'),
    meta: { roles: everyone },
  },
  {
    path: '/tickets/:number',
    name: 'ticket',
    component: () => import('@/pages/TicketPage.vue'),
    props: true,
    meta: { roles: everyone },
  },
  {
    path: '/tickets/:number/print',
    name: 'ticket-print',
    component: () => import('@/pages/PrintPage.vue'),
    props: true,
    meta: { roles: everyone, bare: true },
  },
  {
    path: '/missed',
    name: 'missed',
    component: () => import('@/pages/MissedPage.vue'),
    meta: { roles: ['operator', 'supervisor', 'admin'] },
  },
  {
    path: '/callbacks',
    name: 'callbacks',
    component: () => import('@/pages/CallbacksPage.vue'),
    meta: { roles: staff },
  },
  {
    path: '/dialer',
    name: 'dialer',
    component: () => import('@/pages/DialerPage.vue'),
    meta: { roles: ['supervisor', 'admin'] },
  },
  {
    path: '/supervisions',
    name: 'supervisions',
    component: () => import('@/pages/SupervisionsPage.vue'),
    meta: { roles: everyone },
  },
  {
    path: '/knowledge',
    name: 'knowledge',
    component: () => import('@/pages/KnowledgePage.vue'),
    meta: { roles: staff },
  },
  {
    path: '/knowledge/:id',
    name: 'article',
    component: () => import('@/pages/ArticlePage.vue'),
    props: true,
    meta: { roles: staff },
  },
  { path: '/calls', name: 'calls', component: () => import('@/pages/CallsPage.vue'), meta: { roles: staff } },
  {
    path: '/calls/:id',
    name: 'call',
    component: () => import('@/pages/CallPage.vue'),
    props: true,
    meta: { roles: staff },
  },
  { path: '/menus', name: 'menus', component: () => import('@/pages/MenusPage.vue'), meta: { roles: admin } },
  {
    path: '/menus/:name',
    name: 'menu',
    component: () => import('@/pages/MenuPage.vue'),
    props: true,
    meta: { roles: admin, narrowNav: true },
  },
  {
    path: '/prompts',
    name: 'prompts',
    component: () => import('@/pages/PromptsPage.vue'),
    meta: { roles: admin },
  },
  {
    path: '/queues',
    name: 'queues',
    component: () => import('@/pages/QueuesPage.vue'),
    meta: { roles: admin },
  },
  { path: '/hours', name: 'hours', component: () => import('@/pages/HoursPage.vue'), meta: { roles: admin } },
  {
    path: '/limits',
    name: 'limits',
    component: () => import('@/pages/LimitsPage.vue'),
    meta: { roles: admin },
  },
  { path: '/lines', name: 'lines', component: () => import('@/pages/LinesPage.vue'), meta: { roles: admin } },
  {
    path: '/units',
    name: 'units',
    component: () => import('@/pages/UnitsPage.vue'),
    meta: { roles: everyone },
  },
  {
    path: '/duties',
    name: 'duties',
    component: () => import('@/pages/DutiesPage.vue'),
    meta: { roles: ['admin', 'dispatcher', 'supervisor'] },
  },
  { path: '/users', name: 'users', component: () => import('@/pages/UsersPage.vue'), meta: { roles: admin } },
  {
    path: '/audit',
    name: 'audit',
    component: () => import('@/pages/AuditPage.vue'),
    meta: { roles: ['admin', 'supervisor'] },
  },
  { path: '/:rest(.*)*', redirect: '/' },
];

function homeOf(role: Role | null): string {
  if (role === 'operator') return 'desk';
  return role === 'admin' ? 'live' : 'inbox';
}

export const router = createRouter({ history: createWebHashHistory(), routes });

// The daemon checks every request; this only keeps people from pages that would be empty for them.
router.beforeEach(async (to) => {
  // A screen of the hall has no session, and must not end with anybody's.
  const screen = screenOf(to);
  if (screen) {
    asScreen(screen);
    return true;
  }
  const signedIn = await session.restore();
  if (to.name === 'login') return signedIn ? { name: 'home' } : true;
  if (!signedIn) return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } };
  const roles = to.meta.roles;
  const role = session.role.value;
  if (!roles || (role && roles.includes(role))) return true;
  return { name: homeOf(role) };
});
