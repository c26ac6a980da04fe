# cmake --install: the program, the libraries, their headers, and what
# find_package(Troupe) needs.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Troupe)
get_property(libraries GLOBAL PROPERTY TROUPE_LIBRARIES)
foreach(library IN LISTS libraries ITEMS troupe_flags)
  string(REGEX REPLACE "^troupe_" "" name ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${name})
endforeach()
install(TARGETS ${libraries} troupe_flags troupe_facade EXPORT TroupeTargets)
install(
  EXPORT TroupeTargets
  NAMESPACE Troupe::
  DESTINATION ${package_folder})

# Includes name the path from the root, so the folders keep their places.
install(
  DIRECTORY messages runtime actors
            ${PROJECT_BINARY_DIR}/generated/messages
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troupe
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "*.pb.h"
  PATTERN "actors/troupe" EXCLUDE)
install(DIRECTORY actors/troupe DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")

write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake
        tools/cmake/TroupeConfig.cmake
        tools/cmake/TroupeDependencies.cmake
        tools/cmake/FindCAF.cmake
  DESTINATION ${package_folder})
