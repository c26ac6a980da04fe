#pragma once

/// Scoring for programs of your own: `troupe::scoring::scorer` scores a
/// `scoring_request` and gives a `scoring_result`, whose items `best_items`
/// ranks and `contributions` explain. Link Troupe::troupe.

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scored_item.hpp"
#include "actors/scoring/scorer.hpp"
#include "actors/scoring/scoring_request.hpp"
