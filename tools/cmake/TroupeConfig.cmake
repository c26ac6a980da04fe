# find_package(Troupe): link Troupe::troupe and include <troupe/scoring.hpp>.
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
include("${CMAKE_CURRENT_LIST_DIR}/TroupeDependencies.cmake")
list(POP_FRONT CMAKE_MODULE_PATH)
if(NOT DEFINED Troupe_FOUND OR Troupe_FOUND)
  include("${CMAKE_CURRENT_LIST_DIR}/TroupeTargets.cmake")
endif()
