#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A shell that sends before it commits must not get through the sweep.
if said=$(SEEDS=600 "${top_builddir:-.}/sim_sweep" --broken-order 2>&1); then
    echo "the sweep did not notice: $said"
    exit 1
fi
case $said in
*"replay: sim_sweep --seed"*) echo "noticed: $said" ;;
*) echo "failed for another reason: $said" && exit 1 ;;
esac
