#!/bin/sh
set -e
echo "building api"
echo "api" > api.out
