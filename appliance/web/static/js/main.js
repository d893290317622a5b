/** What every page of the house does: follow the news, say things at the edge, change colours. */

import { follow } from "./live.js";
import { offerThemes } from "./theme.js";
import { listenForToasts } from "./toast.js";
import { tendMenus } from "./menu.js";

const { live, position } = document.body.dataset;

listenForToasts();
offerThemes();
tendMenus();
if (live) follow(live, position ?? "");
